"""Many commands at once, carried out as if they had been sent one after the other."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import ids
from shared.bulk import Outcome, execute_all
from shared.errors import Refused
from shared.execute import Done, Request, execute
from shared.log.append import Verdict
from shared.log.identity import LogReplaced
from shared.runtime import Runtime
from tests.shared import tiny
from tests.shared.street import CALLER, Street, do, renamed_unnoticed, rows
from tests.shared.tiny import DAY, Forget, Note, Register, Rename

Keyed = tuple[str, object]


def request(runtime: Runtime, key: str, command: object, *, check: bool = False) -> Request:
    """As `tests.shared.street.do` makes it."""
    return Request(
        command_id=ids.command_id(runtime.secret, CALLER.id, type(command).__name__, key),
        fingerprint=ids.keyed(runtime.secret, repr(command), ""),
        caller=CALLER,
        today=DAY,
        check=check,
    )


async def all_of(runtime: Runtime, *commands: Keyed, check: bool = False) -> list[Outcome]:
    return await execute_all(runtime, [(request(runtime, k, c, check=check), c) for k, c in commands])


async def one_by_one(runtime: Runtime, *commands: Keyed) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for key, command in commands:
        try:
            outcomes.append(await execute(runtime, request(runtime, key, command), command))
        except (Refused, TypeError, IndexError) as error:
            outcomes.append(error)
    return outcomes


def said(outcomes: Sequence[Outcome]) -> list[object]:
    """What a caller sees of each: status, id and version; a slug; what kind of fault."""
    return [
        (one.answer.status, one.answer.body, one.answer.version)
        if isinstance(one, Done)
        else one.slug
        if isinstance(one, Refused)
        else type(one).__name__
        for one in outcomes
    ]


def new_id(runtime: Runtime, key: str, command: type = Register) -> UUID:
    """The person whom a registration under this key makes."""
    return ids.nth(ids.command_id(runtime.secret, CALLER.id, command.__name__, key), 0)


async def calls(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many commands each call of ``log.append`` had, from now on."""
    sizes: list[int] = []
    call = runtime.batcher._call

    async def counted(runs: Any) -> list[Verdict]:
        sizes.append(sum(len(run) for run in runs))
        return await call(runs)

    monkeypatch.setattr(runtime.batcher, "_call", counted)
    return sizes


async def test_a_thousand_are_one_call_and_each_has_its_answer(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = await street.start(tiny.service("registry"))
    sizes = await calls(registry, monkeypatch)
    outcomes = await all_of(registry, *((f"key {n}", Register(str(n), "Siti")) for n in range(1000)))
    assert sizes == [1000]
    assert [one.position for one in outcomes if isinstance(one, Done)] == list(range(1, 1001))
    assert [o.answer.body["id"] for o in outcomes if isinstance(o, Done)] == [
        str(new_id(registry, f"key {n}")) for n in range(1000)
    ]


async def test_one_that_is_refused_keeps_back_no_other(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await do(registry, Register("9002", "Budi"))
    outcomes = await all_of(
        registry, ("1", Register("9001", "Siti")), ("2", Register("9002", "Siti")), ("3", Register("9003", "Siti"))
    )
    assert [one if isinstance(one, str) else one[0] for one in said(outcomes)] == [201, "number-taken", 201]  # type: ignore[index]
    assert await registry.log.position() == 3


async def test_each_rests_on_those_before_it_in_one_call(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = await street.start(tiny.service("registry"))
    sizes = await calls(registry, monkeypatch)
    stream = uuid.uuid4()
    outcomes = await all_of(
        registry,
        *((f"note {n}", Note(stream, str(n))) for n in range(5)),
        ("once", Note(stream, "never", once=True)),
        ("two", Register("", "Siti")),
        ("note 5", Note(new_id(registry, "two"), "known now")),
    )
    assert [one.answer.version for one in outcomes if isinstance(one, Done)] == [1, 2, 3, 4, 5, 5, 1, 2]
    # What decided nothing stands where that stands on which it rests.
    assert [one.position for one in outcomes if isinstance(one, Done)] == [1, 2, 3, 4, 5, 5, 6, 7]
    assert sizes == [8]


async def test_what_one_takes_the_next_is_refused(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    outcomes = await all_of(registry, ("1", Register("9001", "Siti")), ("2", Register("9001", "Budi")))
    assert said(outcomes)[1] == "number-taken"
    assert await registry.log.position() == 1
    # Its key is free: when the number is, it may have it.
    await do(registry, Forget(new_id(registry, "1")))
    assert said(await all_of(registry, ("2", Register("9001", "Budi"))))[0] == (
        201,
        {"id": str(new_id(registry, "2"))},
        1,
    )


async def test_a_name_given_twice_is_sealed_under_the_persons_one_key(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    person = new_id(registry, "1")
    await all_of(registry, ("1", Register("9001", "Siti")), ("2", Rename(person, "Siti Aminah")))
    keys = await rows(registry, "SELECT DISTINCT key_id FROM log.events WHERE person_id = $1", person)
    assert len(keys) == 1
    history = await registry.log.history(person)
    assert [fact.full_name.value for fact in history.events] == ["Siti", "Siti Aminah"]  # type: ignore[attr-defined]


async def test_sent_again_each_answers_what_it_answered_also_alone_and_in_another_order(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    commands: list[Keyed] = [(str(n), Register(str(n), "Siti")) for n in range(4)]
    first = await all_of(registry, *commands)
    assert await all_of(registry, *reversed(commands)) == first[::-1]
    assert await do(registry, Register("2", "Siti"), "2") == first[2]
    assert await registry.log.position() == 4


async def test_a_key_for_something_else_is_refused_and_the_same_key_twice_is_one_command(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await do(registry, Register("1", "Siti"), "known")
    outcomes = await all_of(
        registry,
        ("known", Register("2", "Budi")),
        ("new", Register("3", "Budi")),
        ("new", Register("3", "Budi")),
        ("new", Register("4", "Budi")),
        ("refused", Register("3", "Siti")),
        ("refused", Register("5", "Siti")),
    )
    assert said(outcomes)[0] == said(outcomes)[3] == "idempotency-key-reused"
    assert outcomes[1] == outcomes[2]
    # A refusal takes no key.
    assert said(outcomes)[4] == "number-taken"
    assert isinstance(outcomes[5], Done)
    assert await registry.log.position() == 3


async def test_an_erasure_sent_again_has_cleared_what_the_next_is_held_against(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    forget = ("forget", Forget(new_id(registry, "person")))
    outcomes = await all_of(
        registry, forget, ("person", Register("", "Siti")), forget, ("person", Register("", "Budi"))
    )
    assert outcomes[1] == outcomes[3]


async def test_a_fault_is_one_commands_own(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    bad = [3, 4, 20]
    commands: list[Keyed] = [
        (str(n), Note(uuid.uuid4(), "NUL \0") if n in bad else Note(uuid.uuid4(), "well")) for n in range(30)
    ]
    outcomes = await all_of(registry, *commands, ("no command", object()))
    assert [n for n, one in enumerate(outcomes) if isinstance(one, asyncpg.UntranslatableCharacterError)] == bad
    assert isinstance(outcomes[30], TypeError)
    assert [one.position for one in outcomes if isinstance(one, Done)] == list(range(1, 28))
    assert registry.in_flight == {}


async def test_a_check_says_what_would_be_answered_and_writes_nothing(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await do(registry, Register("9002", "Budi"))
    commands = (
        ("1", Register("9001", "Siti")),
        ("2", Register("9001", "Siti")),
        ("3", Register("9002", "Siti")),
        ("4", Note(new_id(registry, "1"), "not there yet")),
    )
    outcomes = await all_of(registry, *commands, check=True)
    assert said(outcomes)[1:3] == ["number-taken", "number-taken"]
    assert said(outcomes)[3] == (200, {"id": None}, None)
    assert (await registry.log.position(), len(await rows(registry, "SELECT 1 FROM log.commands"))) == (1, 1)


async def test_two_batches_of_the_same_commands_at_once_are_one(street: Street) -> None:
    two = [await street.start(tiny.service("registry")) for _ in range(2)]
    stream = uuid.uuid4()
    commands: list[Keyed] = [(str(n), Note(stream, str(n))) for n in range(40)]
    turned = [*commands[20:], *commands[:20]]
    batches = await asyncio.gather(*(all_of(r, *c) for r in two for c in (commands, turned)))
    assert await two[0].log.position() == 40
    for batch, order in zip(batches, (commands, turned, commands, turned), strict=True):
        assert sorted(said(batch), key=str) == sorted(said(batches[0]), key=str), order
    assert two[0].in_flight == two[1].in_flight == {}


async def test_who_gets_in_between_is_seen_and_nothing_is_lost_or_out_of_order(street: Street) -> None:
    two = [await street.start(tiny.service("registry")) for _ in range(2)]
    stream = uuid.uuid4()
    noted = [(f"bulk {n}", Note(stream, f"bulk {n}")) for n in range(60)]
    others = [do(two[1], Note(stream, f"other {n}")) for n in range(30)]
    outcomes, _ = await asyncio.gather(all_of(two[0], *noted), asyncio.gather(*others))
    facts = (await two[0].log.history(stream)).events
    texts = [fact.text for fact in facts]  # type: ignore[attr-defined]
    assert len(texts) == 90
    assert [text for text in texts if text.startswith("bulk")] == [f"bulk {n}" for n in range(60)]
    for (_, note), one in zip(noted, outcomes, strict=True):
        assert isinstance(one, Done)
        assert texts[(one.answer.version or 0) - 1] == note.text


# Whatever is in a batch, it comes out as one after the other


KINDS = st.one_of(
    st.tuples(st.just("register"), st.sampled_from(["", "1", "2", "3"]), st.sampled_from(["Siti", "Budi"])),
    st.tuples(st.just("rename"), st.integers(0, 5), st.sampled_from(["Joko", "Bima"])),
    st.tuples(st.just("forget"), st.integers(0, 5)),
    st.tuples(st.just("note"), st.integers(0, 5), st.booleans()),
)
TOLD = st.lists(st.lists(st.tuples(st.integers(0, 9), KINDS), max_size=12), min_size=1, max_size=3)


def meant(runtime: Runtime, example: str, key: int, what: tuple[Any, ...]) -> Keyed:
    """A command about somebody whom another one of the same example may have made, or not yet."""

    kind, who, *more = what
    if kind == "register":
        return f"{example} {key}", Register(f"{example} {who}" if who else "", *more)
    person = new_id(runtime, f"{example} {who}")
    if kind == "note":
        return f"{example} {key}", Note(person, "seen", once=more[0])
    return f"{example} {key}", Rename(person, *more) if kind == "rename" else Forget(person)


async def log_of(runtime: Runtime, since: int, commands: Sequence[Keyed], people: Sequence[UUID]) -> list[Any]:
    """What *commands* left in the log, in its order after *since*; who holds what, and what was answered."""
    asked = [request(runtime, *one).command_id for one in commands]
    facts = "SELECT position - $1, stream_id, version, event_id, type, person_id FROM log.events WHERE position > $1"
    claims = "SELECT key, holder FROM log.claims WHERE holder = ANY($1) ORDER BY 1"
    answers = """SELECT command_id, position - $1, answer, person_id, fingerprint FROM log.commands
                 WHERE command_id = ANY($2) ORDER BY 1"""
    found = (
        await rows(runtime, f"{facts} ORDER BY position", since),
        await rows(runtime, claims, people),
        await rows(runtime, answers, since, asked),
    )
    return [[tuple(row.values()) for row in each] for each in found]


class Twins:
    """Two logs with one secret: the same commands make the same ids in both."""

    def __init__(self, one_by_one: Runtime, at_once: Runtime) -> None:
        self.one_by_one = one_by_one
        self.at_once = at_once
        self.examples = 0


@pytest.fixture
async def twins(street: Street) -> Twins:
    settings_of = await street.settings("registry")
    other = await street.settings("migration_service")
    street._settings["migration_service"] = other.model_copy(update={"log_secret": settings_of.log_secret})
    single = await street.start(tiny.service("registry", publish=None))
    return Twins(single, await street.start(tiny.service("migration_service", publish=None)))


@given(told=TOLD)
@settings(
    max_examples=25,
    deadline=None,
    # Each example has keys, persons and numbers of its own in the logs of the one test.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_is_in_a_batch_it_comes_out_as_one_after_the_other(
    told: list[list[tuple[int, tuple[Any, ...]]]], twins: Twins
) -> None:
    twins.examples += 1
    alone, together = twins.one_by_one, twins.at_once
    since = [await one.log.position() for one in (alone, together)]
    people = [new_id(together, f"{twins.examples} {n}") for n in range(10)]
    for batch in told:
        commands = [meant(together, str(twins.examples), *one) for one in batch]
        one_after_the_other = said(await one_by_one(alone, *commands))
        assert said(await all_of(together, *commands)) == one_after_the_other
        assert await log_of(together, since[1], commands, people) == await log_of(alone, since[0], commands, people)


async def test_a_process_that_has_not_learnt_the_logs_new_name_answers_none_of_them(street: Street) -> None:
    former = await street.start(tiny.service("registry"))
    await renamed_unnoticed(former)
    present = await street.start(tiny.service("registry"))
    before, after = ("before", Register("9001", "Siti")), ("after", Register("9002", "Budi"))
    await all_of(present, before)
    for commands in ((before,), (after,)):
        with pytest.raises(LogReplaced):
            await all_of(former, *commands)
    assert await present.log.position() == 2
