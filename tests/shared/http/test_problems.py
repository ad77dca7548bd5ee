"""What is answered where something failed that is no refusal."""

import httpx
from fastapi import FastAPI

from shared.http import problems


async def test_a_fault_is_answered_as_one_and_says_nothing_of_what_it_stumbled_over() -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def stumble() -> None:
        raise LookupError("3307106902009001")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, problems.MEDIA_TYPE)
    assert answer.json()["slug"] == "internal"
    assert "3307106902009001" not in answer.text
