"""A whole house under test, and a caller that talks to it as a regency's system would."""

import ssl
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import httpx

from deploy.house import House
from tests import promises

TODAY = date(2026, 11, 21)
KENANGA = "32.12.16.2004"
KURIPAN = "33.07.10.2004"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Knows no authority: a house speaks plain HTTP, and for each caller httpx would read those of the whole world anew."""


class Api:
    """One caller of a house: a role in an area."""

    def __init__(self, house: House, role: str = "integrator", area: str = "*", subject: str = "tests") -> None:
        self._house = house
        token = house.issuer.mint(role, area, subject=subject, ttl=timedelta(hours=2))
        self._client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30.0, verify=PLAIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def request(
        self,
        method: str,
        service: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        after: str | None = None,
        if_match: str | None = None,
        check: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request, sent once."""
        headers = dict(headers or {})
        if method != "GET":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        if after:
            headers["After-Position"] = after
        if if_match:
            headers["If-Match"] = if_match
        answer = self._client.request(
            method,
            self._house.addresses[service] + path,
            json=body,
            headers=headers,
            params={"check": "1"} if check else None,
        )
        promises.hold(service, answer)
        return answer

    def get(self, service: str, path: str, *, after: str | None = None) -> httpx.Response:
        """A read."""
        return self.request("GET", service, path, after=after)

    def post(self, service: str, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> httpx.Response:
        """A write."""
        return self.request("POST", service, path, body=body, **options)

    def items(self, service: str, path: str, *, after: str | None = None) -> list[dict[str, Any]]:
        """A whole list, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        sign = "&" if "?" in path else "?"
        while True:
            page = self.get(
                service, f"{path}{sign}limit=500" + (f"&cursor={cursor}" if cursor else ""), after=after
            ).raise_for_status()
            found += page.json()["items"]
            cursor = page.json()["next"]
            if cursor is None:
                return found


@contextmanager
def a_house(data: Path, **options: Any) -> Iterator[House]:
    """A house for one test or module."""
    house = House(data, today=options.pop("today", TODAY), say=lambda _: None, **options)
    with house:
        yield house


def nik(serial: int, region: str = "321216") -> str:
    """An invented NIK: serial 9xxx, the birth date counts on beyond a thousand."""
    day, serial = divmod(serial, 1000)
    month, day = divmod(day, 28)
    return f"{region}{day + 1:02d}{month % 12 + 1:02d}{80 + month // 12 % 20:02d}9{serial:03d}"
