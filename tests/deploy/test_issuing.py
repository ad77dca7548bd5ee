"""The issuer as a process of its own: fresh tokens for the services, and found by commands as a house is."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy import SERVICES
from deploy.command import tokens
from deploy.program import HouseFailed
from deploy.standing import addresses_in
from tests.servers import ROOT

ADDRESSES = {service: f"http://there:{port}" for port, service in enumerate(SERVICES, 1)}


@pytest.fixture
def issuing(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    for service in SERVICES:
        (tmp_path / "tokens" / service).mkdir(parents=True)
    environment = {
        "DESMIGRATIF_DATA": str(tmp_path / "issuer"),
        "DESMIGRATIF_JWKS": str(tmp_path / "jwks.json"),
        "DESMIGRATIF_TOKENS": str(tmp_path / "tokens"),
        "DESMIGRATIF_ADDRESSES": json.dumps(ADDRESSES),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.issuing"],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "issuing\n"
        yield process
        process.kill()


def claims(token: str, tmp_path: Path) -> dict[str, object]:
    keys = KeySet.import_key_set(json.loads((tmp_path / "jwks.json").read_text()))
    return jwt.decode(token, keys, ["ES256"]).claims


@pytest.mark.usefixtures("issuing")
def test_each_service_finds_its_token_and_the_key_that_proves_it(tmp_path: Path) -> None:
    for service in SERVICES:
        held = claims((tmp_path / "tokens" / service / "token").read_text(), tmp_path)
        assert (held["sub"], held["roles"]) == (f"service:{service}", ["service"])


@pytest.mark.usefixtures("issuing")
def test_commands_find_it_as_they_find_a_house(tmp_path: Path) -> None:
    assert addresses_in(tmp_path / "issuer") == ADDRESSES
    minted = tokens.mint(tmp_path / "issuer", ["operator", "integrator"], "33.07", "somebody")
    held = claims(minted, tmp_path)
    assert (held["sub"], held["roles"], held["area"]) == ("somebody", ["operator", "integrator"], "33.07")


def test_it_ends_at_once_when_asked_and_is_then_found_no_more(issuing: subprocess.Popen[str], tmp_path: Path) -> None:
    began = time.monotonic()
    issuing.send_signal(signal.SIGTERM)
    assert issuing.wait(timeout=10) == 0
    assert time.monotonic() - began < 5
    with pytest.raises(HouseFailed):
        addresses_in(tmp_path / "issuer")
