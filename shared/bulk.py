"""Many commands of one caller at once, answered as if they had been sent one after the other.

They are decided side by side on one look at the log, so that a thousand of them cost a few round trips. Then they are
gone through in their order: one that asked about something that another before it changes is decided again, with that
change. What was decided is appended as one run, up to the first command that somebody else got in between of; from
there it begins anew. So what a command rests on is in the log before the command is, and one that is refused, or meets
a fault of ours, keeps back no other.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from opentelemetry.trace import Span

from shared import database, telemetry
from shared.errors import Refused
from shared.execute import ATTEMPTS, BUSY, Answer, Done, Request, Work, answered
from shared.log.append import Append, Verdict
from shared.log.identity import LogReplaced
from shared.log.snapshot import Snapshot

if TYPE_CHECKING:
    from shared.runtime import Runtime

Outcome = Done | Exception
"""What became of a command: it was answered, or it was `Refused`, or it met a fault of ours."""


async def execute_all(runtime: "Runtime", asked: Sequence[tuple[Request, object]]) -> list[Outcome]:
    """Carry out *asked* in order, each exactly once (P1); all of them are checks, or none is.

    Checks see what those before them would have changed. Raises only what keeps back all of them: a lost connection.
    """
    if all(request.check for request, _ in asked):
        return await _check(runtime, asked)
    outcomes: list[Outcome] = []
    async with _alone(runtime, {request.command_id for request, _ in asked}):
        attempts = 0
        window = len(asked)
        while len(outcomes) < len(asked):
            considered = asked[len(outcomes) : len(outcomes) + window]
            through = await _Round(runtime, considered).run()
            outcomes += through
            # Who got in between may again: go on with few, and with ever more while all goes well.
            window = 2 * window if len(through) == len(considered) else max(1, 2 * len(through))
            attempts = 0 if through else attempts + 1
            if attempts == ATTEMPTS:
                outcomes.append(Refused(BUSY))
                attempts = 0
    return outcomes


@asynccontextmanager
async def _alone(runtime: "Runtime", command_ids: set[UUID]) -> AsyncIterator[None]:
    """While none of these commands is under way in this process elsewhere: equal requests wait for the first."""
    while others := {first for one in command_ids if (first := runtime.in_flight.get(one))}:
        await asyncio.wait(others)
    mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    runtime.in_flight.update(dict.fromkeys(command_ids, mine))
    try:
        yield
    finally:
        for one in command_ids:
            del runtime.in_flight[one]
        mine.set_result(None)


async def _check(runtime: "Runtime", asked: Sequence[tuple[Request, object]]) -> list[Outcome]:
    snapshot = Snapshot(runtime.log)
    outcomes: list[Outcome] = []
    for one in await _decide_all(runtime, asked, snapshot):
        decided = await one.again(snapshot)
        if isinstance(decided.answer, Exception):
            outcomes.append(decided.answer)
            continue
        outcomes.append(Done(_of_what_is_there(decided.answer, snapshot), 0, 0))
        snapshot.add(decided.work.histories(), decided.work.claims())
    return outcomes


def _of_what_is_there(answer: Answer, snapshot: Snapshot) -> Answer:
    """A check makes nothing, so it knows no id of what one before it would have made."""
    there = answer.body.get("id") not in snapshot.made
    return answer if there else replace(answer, body={**answer.body, "id": None}, version=None)


@dataclass(frozen=True, slots=True)
class _Decided:
    """One attempt at one command; *answer* is not yet given."""

    runtime: "Runtime"
    request: Request
    command: object
    work: Work
    answer: Answer | Exception

    async def again(self, snapshot: Snapshot) -> "_Decided":
        """As it is decided after what was added to *snapshot*: itself, if it asked about nothing of that."""
        if not self.work.read & snapshot.changed:
            return self
        return _raised(await _decide(self.runtime, self.request, self.command, snapshot))


async def _decide(runtime: "Runtime", request: Request, command: object, snapshot: Snapshot) -> _Decided:
    work = runtime.work(request, snapshot)
    answer: Answer | Exception
    try:
        answer = await runtime.handle(work, command)
    except Exception as error:  # noqa: BLE001  it is this command's answer, or `_raised`
        answer = error
    return _Decided(runtime, request, command, work, answer)


async def _decide_all(
    runtime: "Runtime", asked: Sequence[tuple[Request, object]], snapshot: Snapshot
) -> list[_Decided]:
    decided = await asyncio.gather(*(_decide(runtime, request, command, snapshot) for request, command in asked))
    return [_raised(one) for one in decided]


def _raised(decided: _Decided) -> _Decided:
    if isinstance(decided.answer, Exception):
        _raise_for_all(decided.answer)
    return decided


def _raise_for_all(error: Exception) -> None:
    """Raise what keeps back all commands; any other *error* is one command's alone."""
    if database.lost(error) or isinstance(error, LogReplaced):
        raise error


class _Round:
    """One attempt at commands in a row: from the front, as many of them are answered as nobody got in between of."""

    def __init__(self, runtime: "Runtime", asked: Sequence[tuple[Request, object]]) -> None:
        self._runtime = runtime
        self._asked = asked
        self._outcomes: dict[int, Outcome] = {}
        self._refused: list[int] = []
        self._twins: list[int] = []
        self._run: list[tuple[int, Append]] = []
        self._spans: list[Span] = []
        self._through = len(asked)
        self._erasing: list[UUID] = []

    async def run(self) -> list[Outcome]:
        """The outcomes of the first of them; of none where the very first must be asked again."""
        # 1 those that were answered before
        await self._answer_as_before(range(len(self._asked)))
        await self._begin_with_an_erasure()
        # 2 read, 3 fold, 4 decide
        snapshot = Snapshot(self._runtime.log)
        new = [n for n in range(len(self._asked)) if n not in self._outcomes]
        decided = await _decide_all(self._runtime, [self._asked[n] for n in new], snapshot)
        # 5 in their order, each on what those before it change
        with ExitStack() as spans:
            await self._line_up(dict(zip(new, decided, strict=True)), snapshot, spans)
            # What refuses a retry may be the very fact that its first sending recorded.
            await self._answer_as_before(self._refused)
            # 6 publish, append with the versions that were read
            await self._append()
        if self._erasing:
            await self._runtime.log.erase_for(*self._erasing)
        await self._answer_as_before([n for n in self._twins if n < self._through])
        return [self._outcomes[n] for n in range(self._through)]

    async def _begin_with_an_erasure(self) -> None:
        """Who was erased is erased again before anybody looks: where a retry says so, this is where a round begins."""
        if not self._erasing:
            return
        erasing = await self._runtime.log.erasing(self._erasing)
        self._erasing = []
        places = [n for n, (request, _) in enumerate(self._asked) if request.command_id in erasing]
        begins = places[:1] == [0]
        if later := places[begins:]:
            self._through = later[0]
            self._asked = self._asked[: self._through]
        if begins:
            await self._runtime.log.erase_for(self._asked[0][0].command_id)
            # What others were answered before was read before that: an erasure clears their fingerprints.
            self._outcomes = {0: self._outcomes[0]}
            await self._answer_as_before(range(1, len(self._asked)))

    async def _answer_as_before(self, which: Sequence[int]) -> None:
        requests = [self._asked[n][0] for n in which]
        if not requests:
            return
        earlier = await self._runtime.log.all_answered([(r.command_id, r.fingerprint) for r in requests])
        if any(earlier):
            await self._runtime.same_log()
        for n, verdict in zip(which, earlier, strict=True):
            if verdict is not None:
                self._answered(n, verdict)

    def _answered(self, n: int, verdict: Verdict) -> None:
        if verdict.said != "ok":
            self._erasing.append(self._asked[n][0].command_id)
        try:
            self._outcomes[n] = answered(verdict)
        except Refused as refused:
            self._outcomes[n] = refused

    async def _line_up(self, decided: dict[int, _Decided], snapshot: Snapshot, spans: ExitStack) -> None:
        under = telemetry.traceparent()
        in_run: set[UUID] = set()
        held: set[object] = set()
        for n, attempt in decided.items():
            command_id = attempt.request.command_id
            if command_id in in_run:
                self._twins.append(n)
                continue
            one = await attempt.again(snapshot)
            if isinstance(one.answer, Exception):
                self._outcomes[n] = one.answer
                if isinstance(one.answer, Refused):
                    self._refused.append(n)
                continue
            span = spans.enter_context(telemetry.span("append", one.request.traceparent or under))
            try:
                append = await one.work.append_of(one.answer, self._runtime.service.publish)
            except Exception as error:  # noqa: BLE001  as of a decision
                _raise_for_all(error)
                self._outcomes[n] = error
                continue
            begun = bool(self._run or self._twins)
            if append.held & held or (one.work.erases and begun):
                # A call gives and takes one thing once, and who was erased is erased before anybody looks again.
                self._through = n
                return
            self._run.append((n, append))
            self._spans.append(span)
            in_run.add(command_id)
            held |= append.held
            snapshot.add(one.work.histories(), append.claims)
            if one.work.erases:
                self._erasing.append(command_id)
                self._through = n + 1
                return

    async def _append(self) -> None:
        if not self._run:
            return
        try:
            recorded = [span if span.is_recording() else None for span in self._spans]
            verdicts = await self._runtime.batcher.append_run([append for _, append in self._run], recorded)
        except Exception as error:  # noqa: BLE001  as of a decision
            _raise_for_all(error)
            # Of several it is not known which it was: then nothing was appended, and fewer are tried.
            self._through = 0
            if len(self._run) == 1:
                self._through = self._run[0][0] + 1
                self._outcomes[self._run[0][0]] = error
            return
        for (n, _), span, verdict in zip(self._run, self._spans, verdicts, strict=True):
            span.set_attribute("desmigratif.verdict", verdict.said)
            if verdict.said in ("conflict", "taken"):
                self._through = min(self._through, n)
                return
            self._answered(n, verdict)
            if verdict.said != "ok":
                self._through = min(self._through, n + 1)
                return
