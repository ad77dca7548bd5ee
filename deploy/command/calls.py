"""The five services over HTTP, with a token, as any other caller has them.

A connection that is lost and a 503 are tried again with the same Idempotency-Key until the patience is used up; a
retry is harmless (P1). So is a try that got no answer in time, over a connection of its own: of several processes at
one address another may take it. Nothing else is tried again: every other answer is an answer.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
import stamina

from deploy.command.failures import Unexpected, Unreachable

REGISTRY = "registry"
MIGRATION = "migration_service"
ENTERPRISE = "enterprise"
PARENTING = "parenting"
COOPERATIVE = "cooperative"
SERVICES = (REGISTRY, MIGRATION, ENTERPRISE, PARENTING, COOPERATIVE)

_CSV = "text/csv"
_PAGE = 500
_TOKEN_SECONDS = 300.0
_CONNECTIONS_PER_SERVICE = 32
_LONGER = 1.25

_MOST_ITEMS = 1000
_MOST_BYTES = 1 << 20
"""Of a bulk request with several items; the services take eight times as much."""
_BULK_SECONDS = 60.0

LONG_SECONDS = 600.0
"""How long an answer may take that reads a whole log."""

Token = Callable[[], str]
"""Answers a bearer token that is good for some minutes."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered: JSON, or the text of CSV. *position* is its Event-Position, to be passed on."""

    service: str
    asked: str
    status: int
    body: Any
    position: str | None
    milliseconds: float

    @property
    def ok(self) -> bool:
        """Whether it was done, or would be."""
        return self.status < 300  # noqa: PLR2004 - where HTTP's "success" ends

    @property
    def slug(self) -> str:
        """The stable code of a problem; empty for anything else."""
        return str(self.body.get("slug", "")) if isinstance(self.body, dict) else ""

    def must(self, *statuses: int) -> Any:
        """The body, if the answer has one of *statuses* (any success if none is named); else `Unexpected`."""
        if self.status in statuses or (not statuses and self.ok):
            return self.body
        titles = [str(self.body[k]) for k in ("title", "title_id") if self.body.get(k)] if self.slug else []
        raise Unexpected(self.service, self.asked, self.status, self.slug, " · ".join(titles))


class _NotNow(Exception):
    """A 503: the service asks to be asked again, after *seconds* if it says so."""

    def __init__(self, seconds: float | None, slug: str) -> None:
        super().__init__(f"503 {slug}".strip())
        self.seconds = seconds


def _worth_another_try(error: Exception) -> bool | float:
    """Lost connections and 503, the latter after as long as it says; and where no answer came."""
    if isinstance(error, _NotNow):
        return True if error.seconds is None else error.seconds
    return isinstance(error, aiohttp.ClientError | TimeoutError)


class Calls:
    """Calls to the services at *addresses* with the bearer *token*.

    *patience_seconds* is for how long a service that is away or not ready is asked again, *hanging_seconds* for how
    long one that takes the question and does not answer (by default as long). *timeout_seconds* is how long the first
    try may take, where a call does not say otherwise; each further one a quarter longer.
    """

    def __init__(
        self,
        addresses: Mapping[str, str],
        token: Token,
        *,
        patience_seconds: float = 60.0,
        hanging_seconds: float | None = None,
        timeout_seconds: float = 10.0,
    ) -> None:
        self.addresses = {service: address.rstrip("/") for service, address in addresses.items()}
        self._mint = token
        self._token = ""
        self._minted = -_TOKEN_SECONDS
        self._patience = patience_seconds
        self._hanging = patience_seconds if hanging_seconds is None else hanging_seconds
        self._timeout = timeout_seconds
        self._session: aiohttp.ClientSession | None = None
        self._once_only: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=_CONNECTIONS_PER_SERVICE),
            trust_env=False,
        )
        self._once_only = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True), trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (self._session, self._once_only):
            if session is not None:
                await session.close()

    async def get(
        self,
        service: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        after: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Reply:
        """Read *path*; with *after*, what has happened by then is in the answer."""
        headers = {"After-Position": after} if after else {}
        return await self._ask(
            service, "GET", path, query=query or {}, headers=headers, timeout_seconds=timeout_seconds
        )

    async def post(
        self,
        service: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        key: str,
        after: str | None = None,
        check: bool = False,
        timeout_seconds: float | None = None,
    ) -> Reply:
        """Write under the Idempotency-Key *key*; with *check*, only ask what would be answered."""
        return await self._ask(
            service,
            "POST",
            path,
            query={"check": 1} if check else {},
            headers={"Idempotency-Key": key} | ({"After-Position": after} if after else {}),
            data=None if body is None else orjson.dumps(body),
            timeout_seconds=timeout_seconds,
        )

    async def post_all(
        self,
        service: str,
        path: str,
        items: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        after: str | None = None,
        check: bool = False,
    ) -> list[Reply]:
        """Write *items*, each an Idempotency-Key and a body for *path*, in its bulk route: a reply each, in order."""
        replies: list[Reply] = []
        for body in _bodies(items):
            whole = await self._ask(
                service,
                "POST",
                f"{path}/bulk",
                query={"check": 1} if check else {},
                headers={"After-Position": after} if after else {},
                data=body,
                timeout_seconds=_BULK_SECONDS,
            )
            replies += [
                Reply(service, f"POST {path}", one["status"], one, whole.position, whole.milliseconds)
                for one in whole.must(200)["results"]
            ]
        return replies

    async def items(self, service: str, path: str) -> AsyncIterator[dict[str, Any]]:
        """Every item of a paged list."""
        query: dict[str, str | int] = {"limit": _PAGE}
        while True:
            page = (await self.get(service, path, query=query)).must(200)
            for item in page["items"]:
                yield item
            if page.get("next") is None:
                return
            query["cursor"] = page["next"]

    async def _ask(
        self,
        service: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int],
        headers: Mapping[str, str],
        data: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> Reply:
        began = time.monotonic()

        def worth_another_try(error: Exception) -> bool | float:
            patience = self._hanging if isinstance(error, TimeoutError) else self._patience
            return time.monotonic() - began < patience and _worth_another_try(error)

        try:
            async for attempt in stamina.retry_context(
                on=worth_another_try,
                attempts=None,
                timeout=max(self._patience, self._hanging),
                wait_initial=0.05,
                wait_max=1.0,
                wait_jitter=0.05,
            ):
                with attempt:
                    return await self._once(
                        service,
                        method,
                        path,
                        query=query,
                        headers=headers,
                        data=data,
                        within=(timeout_seconds or self._timeout) * _LONGER ** (attempt.num - 1),
                        session=self._session if attempt.num == 1 else self._once_only,
                    )
        except (aiohttp.ClientError, TimeoutError, _NotNow) as error:
            raise Unreachable(service, str(error) or type(error).__name__) from error
        raise AssertionError("a retry context either answers or raises")

    async def _once(
        self,
        service: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int],
        headers: Mapping[str, str],
        data: bytes | None,
        within: float,
        session: aiohttp.ClientSession | None,
    ) -> Reply:
        if session is None:
            raise RuntimeError("Calls are made inside `async with`")
        sent = {"Authorization": f"Bearer {self._bearer()}", "Accept": "application/json", **headers}
        if data is not None:
            sent["Content-Type"] = "application/json"
        began = time.perf_counter()
        async with session.request(
            method,
            self.addresses[service] + path,
            params=query,
            headers=sent,
            data=data,
            timeout=aiohttp.ClientTimeout(total=within),
            allow_redirects=False,
        ) as answer:
            raw = await answer.read()
            body = raw.decode() if answer.content_type == _CSV else _json(raw)
            took = (time.perf_counter() - began) * 1000
            reply = Reply(service, f"{method} {path}", answer.status, body, answer.headers.get("Event-Position"), took)
            if answer.status == 503:  # noqa: PLR2004 - Service Unavailable
                after = answer.headers.get("Retry-After", "")
                raise _NotNow(float(after) if after.isdigit() else None, reply.slug)
            for one in reply.body.get("results", ()) if isinstance(reply.body, dict) else ():
                if one["status"] == 503:  # noqa: PLR2004 - as above, said of one of many
                    raise _NotNow(None, str(one.get("slug", "")))
            return reply

    def _bearer(self) -> str:
        """The token, made anew before it grows old: a long list takes longer than a token lives."""
        if time.monotonic() - self._minted >= _TOKEN_SECONDS:
            self._token, self._minted = self._mint(), time.monotonic()
        return self._token


async def each_service(ask: Callable[[str], Any], services: Sequence[str] = SERVICES) -> dict[str, Any]:
    """*ask* of every service at once; a service that does not answer has its `Unreachable` in the answer's place."""
    answers = await asyncio.gather(*(ask(service) for service in services), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Unreachable):
            raise answer
    return dict(zip(services, answers, strict=True))


def _bodies(items: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[bytes]:
    """*items* as bulk requests, as few as take them."""
    together: list[bytes] = []
    size = 0
    for key, body in items:
        item = orjson.dumps({"key": key, "body": body})
        if together and (len(together) == _MOST_ITEMS or size + len(item) > _MOST_BYTES):
            yield b'{"items":[' + b",".join(together) + b"]}"
            together, size = [], 0
        together.append(item)
        size += len(item) + 1
    if together:
        yield b'{"items":[' + b",".join(together) + b"]}"


def _json(raw: bytes) -> Any:
    """The body; None where it is no JSON (a proxy's page, an empty answer)."""
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        return None
