"""Bulk routes: up to a thousand requests of one kind in one, each with a key and an answer of its own.

``POST /workers/bulk`` is ``POST /workers`` many times, in order: each item is the very request that would be sent there
alone under its key, so what was sent in one way may be sent again in the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from shared import positions
from shared.bulk import Outcome, execute_all
from shared.errors import Refused
from shared.execute import Done
from shared.execute import Request as CommandRequest
from shared.http import problems
from shared.http.answers import Problem, Responses, Shown, Written, positioned, refuses
from shared.http.doors import Body, authorize, caller_of, command_request, event_position, reached, runtime_of

SUFFIX = "/bulk"
"""Where the path of every bulk route ends; before it stands the route that takes one item alone."""

MOST_ITEMS = 1000
MOST_BYTES = 8 << 20

One = TypeVar("One", bound=BaseModel)
Result = TypeVar("Result", bound=Written)

_ALONE = ("index", "key")
"""What a result has beside the answer that its item would have had alone."""


@dataclass(frozen=True, slots=True)
class _Malformed:
    """In the place of an item that cannot be read: the others can."""

    key: str | None
    refused: Refused


Key = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        description="Its Idempotency-Key: yours to choose; the same for every sending, with others or alone.",
    ),
]
_KEY = TypeAdapter[str](Key)


def _kept(item: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(item)
    except ValidationError as error:
        try:
            key = _KEY.validate_python(item.get("key") if isinstance(item, dict) else None)
        except ValidationError:
            key = None
        return _Malformed(key, problems.malformed_by([e | {"loc": _where(e["loc"])} for e in error.errors()]))


def _where(place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """As a request's own errors say it: first whether it is about the body."""
    return place if place[:1] == ("body",) else ("item", *place)


class Item(Body, Generic[One]):
    """One request of many."""

    key: Key
    body: One = Field(description="What the route for one of them takes.")


class Bulk(Body, Generic[One]):
    """Many requests, carried out in their order."""

    items: list[Annotated[Item[One], WrapValidator(_kept)]] = Field(
        min_length=1, max_length=MOST_ITEMS, description="In their order, each as if it had been sent alone."
    )


class OneWritten(Written):
    """What one item was answered."""

    index: int = Field(description="The item's place, from 0.")
    key: str = Field(description="The item's key.")
    status: int = Field(description="The status that it would have had alone.")


class OneRefused(Problem):
    """The problem that one item met."""

    index: int = Field(description="The item's place, from 0.")
    key: str | None = Field(description="The item's key; null where it cannot be read.")


class Results(Shown, Generic[Result]):
    """What became of each item, in their order."""

    results: list[Result | OneRefused]


def records_each(*example_ids: str, model: type[OneWritten] = OneWritten, **more: Any) -> Responses:
    """What a bulk route answers; the example names *example_ids*, and each of its results has the fields *more*."""
    results = [
        {"index": n, "key": f"line {n + 1}", "status": 201, "id": made, **more, "version": 1, "warnings": []}
        for n, made in enumerate(example_ids)
    ]
    said = (
        "One result for each item, in their order: what the route for one of them would have answered, "
        "or a problem that is listed there. A problem keeps back no other item."
    )
    return {
        "200": positioned(said, Results[model], {"results": results}),  # type: ignore[valid-type]
        **refuses(problems.TOO_LARGE),
    }


class WritingAll:
    """Many writes: each carried out once, however often it is sent (P1), and as if after those before it."""

    def __init__(self, request: Request, vector: positions.Vector, check: bool) -> None:
        self._request = request
        self._vector = vector
        self._check = check

    async def __call__(self, bulk: Bulk[One], command: Callable[[One], object]) -> Response:
        """Carry out what *command* makes of each item's body, and answer for each."""
        runtime = runtime_of(self._request)
        items: Sequence[object] = bulk.items
        sent = (await self._request.json())["items"]
        before = runtime.heard_so_far()
        outcomes: dict[int, Outcome] = {}
        asked: dict[int, tuple[CommandRequest, object]] = {}
        for n, item in enumerate(items):
            if not isinstance(item, Item):
                outcomes[n] = item.refused if isinstance(item, _Malformed) else Refused(problems.MALFORMED)
                continue
            try:
                asked[n] = self._one(item.key, sent[n]["body"]), command(item.body)
            except Refused as refused:
                outcomes[n] = refused
        outcomes |= zip(asked, await execute_all(runtime, list(asked.values())), strict=True)
        done = [outcome for outcome in outcomes.values() if isinstance(outcome, Done)]
        headers = {}
        if done and not self._check:
            position, published = max(one.position for one in done), max(one.published for one in done)
            headers["Event-Position"] = event_position(runtime, self._vector, before, position, published)
        results = [{"index": n, "key": _key(items[n])} | self._told(outcomes[n]) for n in range(len(items))]
        return Response(orjson.dumps({"results": results}), 200, headers, "application/json")

    def _one(self, key: str, body: Any) -> CommandRequest:
        """The request as it would be alone: so a retry is one in either way."""
        try:
            spelled = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
        except (ValueError, TypeError) as error:
            raise Refused(problems.MALFORMED) from error
        return command_request(
            runtime_of(self._request),
            caller_of(self._request),
            f"{self._request.method} {self._request.scope['route'].path.removesuffix(SUFFIX)}",
            self._request.url.path.removesuffix(SUFFIX),
            key=key,
            body=spelled,
            check=self._check,
        )

    def _told(self, outcome: Outcome) -> dict[str, Any]:
        if isinstance(outcome, Done):
            answer = outcome.answer
            version = {} if answer.version is None else {"version": answer.version}
            status = 200 if self._check else answer.status
            return {"status": status, **answer.body, **version, "warnings": list(answer.warnings)}
        return problems.body_of(outcome if isinstance(outcome, Refused) else problems.fault_of(outcome))


def _key(item: object) -> str | None:
    return item.key if isinstance(item, Item | _Malformed) else None


async def _writing_all(
    request: Request,
    _scope: Annotated[None, Depends(authorize)],
    vector: Annotated[positions.Vector, Depends(reached)],
    check: Annotated[
        bool, Query(description="Validate and decide, each after those before it; record nothing.")
    ] = False,
) -> WritingAll:
    return WritingAll(request, vector, check)


WriteAll = Annotated[WritingAll, Depends(_writing_all)]
