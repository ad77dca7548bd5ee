"""One command, carried out exactly once (P1)."""

import asyncio
import uuid
from uuid import UUID

import asyncpg
import pytest

from shared import ids
from shared.errors import Refused
from shared.execute import Request, execute
from shared.log.identity import LogReplaced
from shared.personal import Known
from tests.shared import tiny
from tests.shared.street import CALLER, Street, do, renamed_unnoticed, rows
from tests.shared.tiny import DAY, Forget, Note, Register


async def test_the_same_key_50_times_at_once_is_one_event_and_50_equal_answers(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    done = await asyncio.gather(*(do(registry, Register("9001", "Siti"), "key") for _ in range(50)))
    assert len({(d.answer.status, d.answer.body["id"], d.answer.version, d.position, d.published) for d in done}) == 1
    assert await registry.log.position() == 1
    assert (await do(registry, Register("9001", "Siti"), "key")).answer == done[0].answer


async def test_the_same_key_at_two_processes_at_once_is_one_event(street: Street) -> None:
    two = [await street.start(tiny.service("registry")) for _ in range(2)]
    stream = uuid.uuid4()
    keys = [uuid.uuid4().hex for _ in range(30)]
    done = await asyncio.gather(*(do(r, Note(stream, "seen"), key) for key in keys for r in two))
    assert await two[0].log.position() == 30
    assert [d.answer for d in done[::2]] == [d.answer for d in done[1::2]]
    assert sorted(d.answer.version or 0 for d in done[::2]) == list(range(1, 31))


async def test_the_same_key_for_something_else_is_refused_and_of_another_operation_is_another(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await do(registry, Register("9001", "Siti"), "key")
    with pytest.raises(Refused) as refused:
        await do(registry, Register("9002", "Budi"), "key")
    assert refused.value.slug == "idempotency-key-reused"
    # Also where the rules would have refused it anyway.
    with pytest.raises(Refused) as refused:
        await do(registry, Register("9001", "Budi"), "key")
    assert refused.value.slug == "idempotency-key-reused"
    await do(registry, Note(uuid.uuid4(), "seen"), "key")
    assert await registry.log.position() == 2


async def test_a_retry_that_its_own_first_sending_would_refuse_gets_the_first_answer(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    first = await do(registry, Register("9001", "Siti"), "key")
    with pytest.raises(Refused) as refused:
        await do(registry, Register("9001", "Siti"), "another key")
    assert refused.value.slug == "number-taken"
    again = await do(registry, Register("9001", "Siti"), "key")
    assert (again.answer, again.position) == (first.answer, 1)


async def test_of_many_that_want_the_same_number_one_gets_it(street: Street) -> None:
    two = [await street.start(tiny.service("registry")) for _ in range(2)]
    said = await asyncio.gather(
        *(do(two[n % 2], Register("9001", f"Siti {n}")) for n in range(20)), return_exceptions=True
    )
    slugs = [one.slug for one in said if isinstance(one, Refused)]
    assert slugs == ["number-taken"] * 19
    assert await two[0].log.position() == 1


async def test_a_command_that_decides_nothing_is_answered_and_remembered(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    stream = uuid.uuid4()
    await do(registry, Note(stream, "seen", once=True))
    nothing = await do(registry, Note(stream, "seen", once=True), "key")
    await do(registry, Note(stream, "seen"))
    again = await do(registry, Note(stream, "seen", once=True), "key")
    assert (again.answer, again.position) == (nothing.answer, nothing.position) == (nothing.answer, 1)
    assert await registry.log.position() == 2


async def test_a_process_that_has_not_learnt_the_logs_new_name_writes_and_answers_nothing(street: Street) -> None:
    """What it answered would name a log that does not hold it."""
    former = await street.start(tiny.service("registry"))
    await do(former, Register("9001", "Siti"))
    await renamed_unnoticed(former)
    present = await street.start(tiny.service("registry"))
    done = await do(present, Register("9002", "Budi"), "key")
    assert (done.position, present.identity.kept_position(former.identity.log_id)) == (3, 1)
    for command, key in ((Register("9002", "Budi"), "key"), (Register("9003", "Dewi"), "another key")):
        with pytest.raises(LogReplaced):
            await do(former, command, key)
    assert await present.log.position() == 3
    assert former.failed.done()


async def test_a_check_decides_and_writes_nothing(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    request = Request(uuid.uuid4(), b"", CALLER, DAY, check=True)
    done = await execute(registry, request, Register("9001", "Siti"))
    assert done.answer.status == 201
    assert await registry.log.position() == 0
    assert await rows(registry, "SELECT 1 FROM log.commands") == []


async def test_no_column_of_the_log_shows_a_name_a_number_or_a_callers_key(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await do(registry, Register("9001000012345678", "Siti Aminah"), "3307101234569001")
    found = ""
    for table in ("events", "commands", "claims"):
        found += "".join(str(list(row.values())) for row in await rows(registry, f"SELECT * FROM log.{table}"))
    assert "9001000012345678" in found  # this service keeps the number as it is: the search finds what is there
    assert "Siti" not in found
    assert "3307101234569001" not in found
    claims = await rows(registry, "SELECT * FROM log.claims")
    assert "9001000012345678" not in str([list(row.values()) for row in claims])


async def test_an_id_cannot_be_computed_without_the_logs_secret(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    command = ids.command_id(registry.secret, "caller", "POST /persons", "key")
    assert command.version == 8
    assert ids.command_id(b"another secret", "caller", "POST /persons", "key") != command
    # However caller, operation and key are cut, they stay apart.
    assert ids.command_id(registry.secret, "callerP", "OST /persons", "key") != command
    assert ids.nth(command, 0) != ids.nth(command, 1)


async def test_a_fault_in_the_middle_leaves_nothing_and_the_key_free(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    with pytest.raises(TypeError):
        await do(registry, object(), "key")
    with pytest.raises(asyncpg.UntranslatableCharacterError):
        await do(registry, Note(uuid.uuid4(), "NUL \0"), "key")
    assert await registry.log.position() == 0
    assert registry.in_flight == {}
    await do(registry, Note(uuid.uuid4(), "well"), "key")


async def test_what_is_forgotten_while_it_is_renamed_is_forgotten(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    for _ in range(5):
        person = UUID((await do(registry, Register("", "Siti"))).answer.body["id"])
        await asyncio.gather(do(registry, Forget(person)), *(do(registry, Note(person, "seen")) for _ in range(5)))
        facts = (await registry.log.history(person)).events
        assert not any(isinstance(getattr(fact, "full_name", None), Known) for fact in facts)
