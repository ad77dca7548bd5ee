"""What every route has in common: reading within the caller's area, writing once, saying how far one has come."""

import base64
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

import orjson
import sqlalchemy as sa
from fastapi import Depends, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from shared import ids, parking, positions
from shared.codec import sealed_from, unseal
from shared.errors import NOT_FOUND, Refusal, Refused
from shared.execute import Answer, Caller, execute
from shared.execute import Request as CommandRequest
from shared.http.access import SCOPE_MISSING, allows
from shared.http.problems import MALFORMED, malformed_by
from shared.runtime import Runtime
from shared.views import Keyed, View
from shared.vocabulary import LENGTHS, region_prefix
from shared.waiting import until_reached

KEY_MISSING = Refusal(
    "idempotency-key-missing", 400, "A write needs an Idempotency-Key, so that sending it again is safe.",
    "Penulisan memerlukan Idempotency-Key agar aman dikirim ulang.",
)  # fmt: skip
REGION_UNKNOWN = Refusal(
    "region-unknown", 400, "There is no region with this code.", "Tidak ada wilayah dengan kode ini."
)
CURSOR_MALFORMED = Refusal(
    "cursor-malformed", 400, "This is not a cursor that a page of this list gave.", "Kursor ini tidak dikenal."
)
IF_MATCH_MALFORMED = Refusal(
    "if-match-malformed", 400, "If-Match takes one ETag as it was answered.", "If-Match memerlukan satu ETag."
)

T = TypeVar("T")

# The dependencies below are coroutines although they await nothing: a plain function would cost a thread's turn each.
_OK = 200
_MOST = 500
_ETAG = re.compile(r'"([0-9]{1,18})"')
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""NUL as JSON writes it, not a backslash before the letter u. PostgreSQL keeps no text with NUL in it."""


class Body(BaseModel):
    """What a route is sent. A misspelled field must not be taken for one that was left out."""

    model_config = ConfigDict(extra="forbid")


def runtime_of(request: Request) -> Runtime:
    """The running service behind a request."""
    return cast("Runtime", request.app.state.runtime)


def caller_of(request: Request) -> Caller:
    """Who asks; the token was checked before the route was looked for."""
    return cast("Caller", request.scope["caller"])


async def authorize(request: Request) -> None:
    """Hold the caller's roles against the route's row in the scope table: `scope-missing`."""
    route = request.scope["route"]
    scope = request.app.state.scopes[request.method, route.path]
    if not allows(caller_of(request), scope):
        raise Refused(SCOPE_MISSING)


async def understood(request: Request) -> None:
    """Hold the names of the address's parameters against those that the route takes: `malformed`, as for a body.

    A misspelled filter would give a whole area, and a misspelled check would record. Of one that is sent twice only
    the last would count.
    """
    if not request.scope["query_string"]:
        return
    taken = request.app.state.parameters[request.method, request.scope["route"].path]
    sent = Counter(name for name, _ in request.query_params.multi_items())
    wrong = [{"loc": ("query", name), "type": "extra_forbidden"} for name in sent if name not in taken]
    wrong += [{"loc": ("query", name), "type": "repeated"} for name, n in sent.items() if name in taken and n > 1]
    if wrong:
        raise malformed_by(wrong)


GUARDED = [Depends(authorize), Depends(understood)]
"""What every route asks first that needs a token, in this order."""


async def reached(
    request: Request,
    _documented: Annotated[
        str | None,
        Header(
            alias="After-Position",
            description="Event-Position values of earlier answers: wait until what they name has taken effect.",
        ),
    ] = None,
) -> positions.Vector:
    """The caller's After-Position, waited for; sent more than once, it is one list."""
    told = request.headers.getlist("After-Position")
    if not told:
        return {}
    vector = positions.parse(",".join(told))
    runtime = runtime_of(request)
    await until_reached(runtime, vector)
    asked_for = [*request.path_params.values(), *request.query_params.values()]
    hearers = [hearer.name for hearer in runtime.hearers]
    if asked_for and await parking.is_parked(runtime.pool, runtime.service.name, hearers, asked_for):
        raise Refused(parking.PARKED)
    return vector


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list."""

    region: str | None
    cursor: str | None
    limit: int


async def paging(
    region: Annotated[
        str | None, Query(description="Only what lies in this region: a code of any level, dotted or not.")
    ] = None,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="Items a page.")] = 100,
) -> Part:
    """The paging parameters of every list; `region-unknown`."""
    if region is not None:
        region = region_prefix(region)
        if region is None:
            raise Refused(REGION_UNKNOWN)
    return Part(region, cursor, limit)


class Reading:
    """One read, within the caller's area."""

    def __init__(self, runtime: Runtime, caller: Caller) -> None:
        self._runtime = runtime
        self.caller = caller

    @property
    def today(self) -> date:
        """The calendar day (Asia/Jakarta)."""
        return self._runtime.clock.today()

    async def rows(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        """Ask a view without paging."""
        return await self._runtime.rows(query)

    async def one(
        self, query: sa.Select[Any], *, village: sa.ColumnElement[Any], around: sa.ColumnElement[Any] | None = None
    ) -> sa.RowMapping:
        """The one row, if it lies in the caller's area; else `not-found`. *around* as in `page`."""
        rows = await self._runtime.rows(query.where(*_seen(village, around, self.caller.area)))
        if not rows:
            raise Refused(NOT_FOUND)
        return rows[0]

    async def page(
        self,
        query: sa.Select[Any],
        *,
        key: Sequence[sa.ColumnElement[Any]],
        paging: Part,
        village: sa.ColumnElement[Any],
        item: Callable[[sa.RowMapping], Any] | None = None,
        around: sa.ColumnElement[Any] | None = None,
    ) -> dict[str, Any]:
        """A page of *query*, ordered by *key* (unique together), within area and region: ``{items, next}``.

        *around*, a column with a region's code or ``*``, is for what concerns a whole region: it is seen from every
        area inside that region too.
        """
        query = query.where(*_seen(village, around, self.caller.area))
        if paging.region:
            query = query.where(*_within(village, paging.region))
        if paging.cursor:
            query = query.where(sa.tuple_(*key) > sa.tuple_(*_parse_cursor(paging.cursor, key)))
        marks = [column.label(f"_key_{n}") for n, column in enumerate(key)]
        query = query.add_columns(*marks).order_by(*key).limit(paging.limit + 1)
        rows = await self._runtime.rows(query)
        shown = rows[: paging.limit]
        more = len(rows) > paging.limit
        return {
            "items": [item(row) if item else _plain(row) for row in shown],
            "next": write_cursor([shown[-1][f"_key_{n}"] for n in range(len(key))]) if more else None,
        }

    def within(self, village: sa.ColumnElement[Any], region: str | None) -> list[sa.ColumnElement[bool]]:
        """Conditions for a query: *village* lies in the caller's area, and in *region* where one is named."""
        return [*_within(village, self.caller.area), *(_within(village, region) if region else [])]

    async def holder(self, kind: str, *parts: str) -> UUID | None:
        """Who holds a claim, wherever that is: whether the caller may know is not asked here."""
        log = self._runtime.log
        return await log.holder(kind, log.claim_key(kind, parts))

    def keyed(self, view: View) -> Keyed:
        """The keyed hash of one of the service's blind views."""
        return self._runtime.keyed(view)

    def listed(
        self, found: Sequence[T], *, key: Callable[[T], str], paging: Part, item: Callable[[T], Any]
    ) -> dict[str, Any]:
        """A page of what is at hand, in the order of *key* (unique): ``{items, next}``."""
        after = read_cursor(paging.cursor, [str])[0] if paging.cursor else ""
        rest = [one for one in found if key(one) > after]
        shown = rest[: paging.limit]
        return {
            "items": [item(one) for one in shown],
            "next": write_cursor([key(shown[-1])]) if len(rest) > len(shown) else None,
        }

    async def open(self, stored: Mapping[str, str] | None) -> Any:
        """A personal field that a view kept sealed; None if it is absent or erased."""
        if stored is None:
            return None
        sealed = sealed_from(stored)
        key = (await self._runtime.log.keys.get([sealed.key_id]))[sealed.key_id]
        return None if key is None else orjson.loads(unseal(key, sealed))

    async def open_all(self, stored: Sequence[Mapping[str, str] | None]) -> list[Any]:
        """The same for many at once, with one look for their keys."""
        sealed = [sealed_from(s) if s else None for s in stored]
        keys = await self._runtime.log.keys.get({s.key_id for s in sealed if s})
        return [orjson.loads(unseal(key, s)) if s and (key := keys[s.key_id]) else None for s in sealed]

    def answer(self, body: Mapping[str, Any], *, version: int | None = None) -> Response:
        """A body with its ETag."""
        headers = {} if version is None else {"ETag": f'"{version}"'}
        plain = {str(name): value for name, value in body.items()}  # names in a row are SQLAlchemy's kind of string
        return Response(orjson.dumps(plain, default=str), headers=headers, media_type="application/json")


def _within(village: sa.ColumnElement[Any], area: str) -> list[sa.ColumnElement[bool]]:
    """*village* lies in *area*: as a range, which an index on the village serves whatever the area.

    Databases sort by code point (`deploy.databases`).
    """
    if area == "*":
        return []
    if len(area) == LENGTHS["village"]:
        return [village == area]
    return [village >= area + ".", village < area + "/"]


def _seen(
    village: sa.ColumnElement[Any], around: sa.ColumnElement[Any] | None, area: str
) -> list[sa.ColumnElement[bool]]:
    """*village* lies in *area*, or *area* in the region *around*."""
    inside = _within(village, area)
    if around is None or not inside:
        return inside
    parts = area.split(".")
    return [sa.or_(sa.and_(*inside), around.in_(["*", *(".".join(parts[:n]) for n in range(1, len(parts) + 1))]))]


def _plain(row: sa.RowMapping) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_key_")}


def write_cursor(values: Sequence[Any]) -> str:
    """A place in a list, as a caller gives it back."""
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode()


def _parse_cursor(cursor: str, key: Sequence[sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
    values = read_cursor(cursor, [column.type.python_type for column in key])
    return [sa.literal(value, column.type) for value, column in zip(values, key, strict=True)]


def read_cursor(cursor: str, kinds: Sequence[type[Any]]) -> list[Any]:
    """What `write_cursor` wrote: a value of each of *kinds*; `cursor-malformed`."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(values, list) or len(values) != len(kinds):
            raise ValueError
        return [_typed(value, kind) for value, kind in zip(values, kinds, strict=True)]
    except ValueError as error:
        raise Refused(CURSOR_MALFORMED) from error


def _typed(value: Any, kind: type[Any]) -> Any:
    if type(value) is not (str if kind in (UUID, date) else kind) or value == "" or "\0" in str(value):
        raise ValueError
    if kind is UUID:
        return UUID(value)
    return date.fromisoformat(value) if kind is date else value


class Writing:
    """One write: carried out once, however often it is sent (P1)."""

    def __init__(
        self,
        request: Request,
        vector: positions.Vector,
        key: str | None,
        if_match: str | None,
        check: bool,
    ) -> None:
        self._request = request
        self._vector = vector
        self._key = key
        self._if_match = if_match
        self._check = check

    async def __call__(self, command: object) -> Response:
        """Carry *command* out and answer: ``{id, …, version, warnings}``, ETag, Event-Position."""
        runtime = runtime_of(self._request)
        caller = caller_of(self._request)
        if not self._key and not self._check:
            raise Refused(KEY_MISSING)
        operation = f"{self._request.method} {self._request.scope['route'].path}"
        before = runtime.heard_so_far()
        request = command_request(
            runtime,
            caller,
            operation,
            self._request.url.path,
            key=self._key or "",
            body=await self._body(),
            check=self._check,
            if_match=self._if_match,
        )
        done = await execute(runtime, request, command)
        headers = {}
        if not self._check:
            headers["Event-Position"] = event_position(runtime, self._vector, before, done.position, done.published)
        return _respond(done.answer, headers, check=self._check)

    def may(self, scope: str) -> bool:
        """Whether the caller has *scope* beside the route's own: for what an answer tells them."""
        return allows(caller_of(self._request), scope)

    async def _body(self) -> str:
        """What was asked, whatever its spelling in JSON; `malformed` for what is none."""
        raw = await self._request.body()
        try:
            # Strict where the framework is not, or does not look: NaN, lone surrogates, a body that no route asked for.
            return orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS).decode() if raw else ""
        except ValueError as error:
            raise Refused(MALFORMED) from error


def command_request(
    runtime: Runtime,
    caller: Caller,
    operation: str,
    path: str,
    *,
    key: str,
    body: str,
    check: bool,
    if_match: str | None = None,
) -> CommandRequest:
    """One request under its key; *body* is what was sent, in the one spelling. `malformed` for what no log can keep."""
    if _NUL.search(body):
        raise Refused(MALFORMED)
    return CommandRequest(
        command_id=ids.command_id(runtime.secret, caller.id, operation, key),
        fingerprint=ids.keyed(runtime.secret, "body", path, if_match or "", body),
        caller=caller,
        today=runtime.clock.today(),
        check=check,
        if_match=_version(if_match),
    )


def event_position(
    runtime: Runtime, after: positions.Vector, before: positions.Vector, position: int, published: int
) -> str:
    """How far an answer reaches: *after* which it came, what had been heard *before* it and since, and its own."""
    own = positions.Position(published, runtime.identity.log_id.hex[:8], position)
    vector = positions.merge(positions.merge(after, before), runtime.heard_so_far())
    return positions.write(positions.merge(vector, {runtime.service.name: own}))


def _respond(answer: Answer, headers: dict[str, str], *, check: bool) -> Response:
    body = dict(answer.body)
    if answer.version is not None:
        body["version"] = answer.version
        headers["ETag"] = f'"{answer.version}"'
    body["warnings"] = list(answer.warnings)
    return Response(orjson.dumps(body), _OK if check else answer.status, headers, "application/json")


def _version(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    tag = _ETAG.fullmatch(if_match.strip())
    if tag is None:
        raise Refused(IF_MATCH_MALFORMED)
    return int(tag[1])


async def _reading(
    request: Request,
    _scope: Annotated[None, Depends(authorize)],
    _vector: Annotated[positions.Vector, Depends(reached)],
) -> Reading:
    return Reading(runtime_of(request), caller_of(request))


async def _writing(
    request: Request,
    _scope: Annotated[None, Depends(authorize)],
    vector: Annotated[positions.Vector, Depends(reached)],
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            max_length=255,
            description="Yours to choose; the same for every sending of one request. Only a check may leave it out.",
        ),
    ] = None,
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag of what is edited.")] = None,
    check: Annotated[bool, Query(description="Validate and decide, but record nothing.")] = False,
) -> Writing:
    return Writing(request, vector, idempotency_key, if_match, check)


Read = Annotated[Reading, Depends(_reading)]
Write = Annotated[Writing, Depends(_writing)]
Paging = Annotated[Part, Depends(paging)]
