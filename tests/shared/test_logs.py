"""What is logged holds no password and nobody's data (P6)."""

import asyncio
import json

import pytest
import structlog

from shared import database, logs


async def test_a_database_that_is_away_is_tried_again_without_its_password_in_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = structlog.get_config()
    logs.configure("registry", "debug")
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await database.connect("postgresql://registry:a-secret@127.0.0.1:1/registry")
        try:
            raise ValueError("Siti Aminah")
        except ValueError:
            structlog.get_logger().exception("fault")
    finally:
        structlog.configure(**before)
    said = capsys.readouterr().out
    lines = [json.loads(line) for line in said.splitlines()]
    assert any(line["event"] == "tried-again" for line in lines)
    assert lines[-1]["error"] == "ValueError"
    assert "a-secret" not in said
    assert "Siti" not in said
