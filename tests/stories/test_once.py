"""A caller who sends twice, or at the same time as another, or reads at once: what happens, and how often?"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import httpx
import pytest

from deploy.house import House
from tests.houses import KURIPAN, Api, nik
from tests.stories.telling import Story

AT_ONCE = 50
ROUNDS = 10
TRIES = 200
"""How often a caller reads at once what it wrote; the same holds for a thousand, and takes five times as long."""
CALLERS = 4

Result = TypeVar("Result")


@pytest.fixture
def operator(house: House) -> Iterator[Api]:
    with Api(house, "operator", subject="tests-operator") as api:
        yield api


def at_once(calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """All *calls* begun at the same moment, each on a thread of its own."""
    start = Barrier(len(calls))

    def begin(call: Callable[[], Result]) -> Result:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(begin, calls))


def position(operator: Api, service: str = "registry") -> int:
    """How many facts a service's log holds."""
    return int(operator.get(service, "/operations/status").raise_for_status().json()["position"])


# ── The same request ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_sent_fifty_times_at_once_it_happens_once(api: Api, operator: Api) -> None:
    """One event, and fifty answers equal in status and body."""
    key, body = str(uuid.uuid4()), {"name": "Siti Contoh", "village": KURIPAN}
    before = position(operator)

    answers = at_once([lambda: api.post("registry", "/persons", body, key=key)] * AT_ONCE)

    assert position(operator) == before + 1
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert {answer.headers["ETag"] for answer in answers} == {'"1"'}


def test_a_key_is_good_for_one_request(api: Api, operator: Api) -> None:
    """With another body it is refused, and so it is for another thing under the same route."""
    key = str(uuid.uuid4())
    first = api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN}, key=key)
    before = position(operator)

    second = api.post("registry", "/persons", {"name": "Rini Contoh", "village": KURIPAN}, key=key)
    assert (second.status_code, second.json()["slug"]) == (422, "idempotency-key-reused")

    body = {"died_on": "2026-01-01"}
    died = api.post("registry", f"/persons/{first.json()['id']}/death", body, key=key)
    assert died.status_code == 201  # another route: the key is another one there
    elsewhere = api.post("registry", f"/persons/{uuid.uuid4()}/death", body, key=key)
    assert elsewhere.status_code in (404, 422)
    assert position(operator) == before + 1


def test_spelling_does_not_make_another_request(api: Api, operator: Api) -> None:
    """Members of a JSON object have no order."""
    key = str(uuid.uuid4())
    first = api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN}, key=key)
    before = position(operator)
    again = api.post("registry", "/persons", {"village": KURIPAN, "name": "Siti Contoh"}, key=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert position(operator) == before


def test_a_key_is_the_callers_own(house: House, api: Api) -> None:
    """The same key and body from another caller is another request, with its own answer."""
    key, body = str(uuid.uuid4()), {"name": "Siti Contoh", "village": KURIPAN}
    with Api(house, subject="another") as another:
        answers = [caller.post("registry", "/persons", body, key=key) for caller in (api, another)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


def test_an_answer_outlives_what_came_after(api: Api) -> None:
    """A retry gets what was answered then, though the rules would by now refuse it."""
    story = Story(api)
    trip = story.departs(story.registers("Siti Contoh"), "Taiwan", "2024-01-01")
    key, body = str(uuid.uuid4()), {"trip_id": trip, "returned_on": "2026-01-01", "reason": "contract_ended"}
    first = api.post("migration_service", "/returns", body, key=key)
    refused = api.post("migration_service", "/returns", body)
    again = api.post("migration_service", "/returns", body, key=key)
    assert (refused.status_code, refused.json()["slug"]) == (409, "already-returned")
    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_a_refusal_is_not_kept(api: Api) -> None:
    """Nothing happened, so the same key may be tried again and be judged afresh."""
    story = Story(api)
    key = str(uuid.uuid4())
    siti = story.registers("Siti Contoh")
    trip = story.departs(siti, "Taiwan", "2024-01-01")
    body = {"trip_id": trip, "ended_on": "2025-02-01"}
    refused = api.post("migration_service", "/leave-ends", body, key=key)
    assert (refused.status_code, refused.json()["slug"]) == (409, "not-on-leave")
    story.returns(trip, "2025-01-01", "leave")
    assert api.post("migration_service", "/leave-ends", body, key=key).status_code == 201


# ── Two callers at the same moment ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_nik_under_two_names_at_once_is_registered_once(api: Api, operator: Api, round_: int) -> None:
    number = nik(41_000 + round_, "330710")
    before = position(operator)
    answers = register_at_once(api, number, "Siti Contoh", "Rini Contoh")
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["slug"] == "nik-belongs-to-another-name"
    assert refused.json()["errors"] == [{"column": "nik", "code": "nik-belongs-to-another-name"}]
    assert position(operator) == before + 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_nik_under_one_name_at_once_is_one_person(api: Api, operator: Api, round_: int) -> None:
    number = nik(42_000 + round_, "330710")
    before = position(operator)
    answers = register_at_once(api, number, "Siti Contoh", "SITI  contoh")
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert position(operator) == before + 1


def register_at_once(api: Api, number: str, *names: str) -> list[httpx.Response]:
    bodies = [{"nik": number, "name": name, "village": KURIPAN} for name in names]
    return at_once([lambda body=body: api.post("registry", "/persons", body) for body in bodies])  # type: ignore[misc]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_of_two_edits_with_one_etag_at_once_one_is_too_late(api: Api, round_: int) -> None:
    made = api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN})
    path, tag = f"/persons/{made.json()['id']}", made.headers["ETag"]
    names = [f"Siti Satu {'I' * round_}", f"Siti Dua {'I' * round_}"]

    answers = at_once(
        [
            lambda name=name: api.request("PATCH", "registry", path, body={"name": name}, if_match=tag)  # type: ignore[misc]
            for name in names
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    late = next(answer for answer in answers if answer.status_code == 412)
    assert late.json()["slug"] == "version-mismatch"
    done = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    shown = api.get("registry", path, after=answers[done].headers["Event-Position"])
    assert (shown.json()["name"], shown.headers["ETag"]) == (" ".join(names[done].split()), '"2"')


# ── Reading at once what was written ─────────────────────────────────────────────────────────────────────────────────


def test_whoever_sends_its_position_misses_nothing(api: Api) -> None:
    """A departure right after the registration, the rosters right after the departure: each answers, and is complete.

    A service file that is not yet open would refuse the departure; a roster that lags would not name the family.
    """

    def one(_: int) -> tuple[list[str], list[str], str]:
        story = Story(api)
        siti = story.knows("Siti Contoh")
        joko, bima = story.family_of(siti, "Joko Contoh", "Bima Contoh", "2018-05-17")
        story.goes_abroad(siti)
        story.departs(siti, "Taiwan", "2025-01-10")
        return story.reasons_to_train(joko), story.parents_abroad(bima), siti

    with ThreadPoolExecutor(CALLERS) as threads:
        found = list(threads.map(one, range(TRIES)))

    missed = [siti for reasons, parents, siti in found if (reasons, parents) != (["spouse-of-worker-abroad"], [siti])]
    assert (len(found), missed) == (TRIES, [])
