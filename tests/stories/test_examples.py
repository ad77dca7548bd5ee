"""The examples of the API pages, told to a house in the order in which a reader would try them; it answers as shown.

An id in an example stands for the same person or thing everywhere: what a page's answer calls by that id is, from then
on, what the house itself called it.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from deploy import SERVICES
from deploy.house import House
from shared.http import examples
from tests.architecture.names import service
from tests.houses import Api, a_house
from tests.promises import application, example_of

REGISTRY, MIGRATION, ENTERPRISE, PARENTING, COOPERATIVE = SERVICES


def operations(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and document of each route of a service's own."""
    for path, methods in application(name).openapi()["paths"].items():
        for method, operation in methods.items():
            if (method.upper(), path) in service(name).scopes:
                yield method.upper(), path, operation


def bodies(name: str, operation: dict[str, Any]) -> list[Any]:
    """The examples of what a route is sent; one that is sent nothing has one example of it."""
    if "requestBody" not in operation:
        return [None]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    shown: list[Any] = application(name).openapi()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]][
        "examples"
    ]
    return shown


class Reader:
    """Somebody with the API pages before them."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._ids: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._at: str | None = None
        self.tried: set[tuple[str, str, int]] = set()

    def tries(
        self, name: str, route: str, nth: int = 0, *, makes: str | None = None, known: bool = False, role: str = ""
    ) -> None:
        """Send the *nth* example of *route*; *makes*: what the answer's id stands for, if not what the page says."""
        method, path, operation = next(found for found in operations(name) if found[2]["operationId"] == route)
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(parameter["schema"]["examples"][0]))
        promised = "201" if "201" in operation["responses"] and not known else "200"
        shown = operation["responses"][promised]["content"]["application/json"].get("example")
        stands_for = str(makes or (shown or {}).get("id"))
        wants_tag = any(parameter["name"] == "If-Match" for parameter in operation["parameters"])
        with Api(self._house, role or "integrator", subject=f"reader-{role}") as api:
            answer = api.request(
                method,
                name,
                self._meant(path),
                body=self._meant(bodies(name, operation)[nth]),
                after=self._at,
                if_match=self._tags[stands_for] if wants_tag else None,
            )
        assert str(answer.status_code) == promised, f"{route}: {answer.text}"
        self.tried.add((name, route, nth))
        # Of many at once each has a key of its own.
        writes = path.endswith("/bulk") or any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
        if not writes:
            expected = _comparable(self._meant(example_of(name, operation["responses"][promised])))
            found = _comparable(answer.json())
            assert expected in (found["items"] if "next" in found else [found]), f"{route}: {found}"
            return
        assert shown, f"{route} shows no answer"
        assert answer.json().keys() == shown.keys()
        if "results" in shown:
            for one, meant in zip(answer.json()["results"], shown["results"], strict=True):
                assert one | {"id": meant["id"], "version": 1} == meant
                self._ids[meant["id"]] = one["id"]
            self._at = answer.headers["Event-Position"]
            return
        self._ids[stands_for] = answer.json()["id"]
        self._tags[stands_for] = answer.headers["ETag"]
        self._at = answer.headers["Event-Position"]

    def _meant(self, example: Any) -> Any:
        """*example* with the house's ids in place of its own."""
        text = json.dumps(example)
        for shown, made in self._ids.items():
            text = text.replace(shown, made)
        return json.loads(text)


_MOMENTS = ("recorded_at", "known_at")
_ORDER = partial(json.dumps, sort_keys=True)


def _comparable(shown: Any) -> Any:
    """*shown* without the moment at which it was recorded, and in an order that does not depend on a house's ids."""
    if isinstance(shown, dict):
        return {name: _comparable(member) for name, member in shown.items() if name not in _MOMENTS}
    return sorted(map(_comparable, shown), key=_ORDER) if isinstance(shown, list) else shown


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Who has tried everything, in a house with nobody else in it: figures are shown too."""
    with a_house(tmp_path_factory.mktemp("reader") / "data") as house:
        reader = Reader(house)
        _a_family(reader)
        _abroad_and_home(reader)
        _training_and_a_group(reader)
        _a_household_changes(reader)
        _all_taken_back(reader)
        _many_at_once(reader)
        _the_programme(reader)
        _registered_twice(reader)
        yield reader


def _a_family(reader: Reader) -> None:
    reader.tries(REGISTRY, "designate_village", role="programme-office")
    reader.tries(REGISTRY, "register_worker")
    reader.tries(REGISTRY, "register_person")
    reader.tries(REGISTRY, "register_person", 1, makes=examples.CHILD)
    reader.tries(REGISTRY, "register_household")
    reader.tries(REGISTRY, "add_kin")
    reader.tries(REGISTRY, "edit_person")
    reader.tries(REGISTRY, "record_verification")
    reader.tries(REGISTRY, "get_verification")
    _on_file(reader)
    for kind in ("village", "person", "household"):
        reader.tries(REGISTRY, f"get_{kind}")
        reader.tries(REGISTRY, f"list_{kind}s")
    reader.tries(REGISTRY, "list_villages_by_year")
    reader.tries(REGISTRY, "list_workers")
    for route in ("search_persons", "find_by_nik", "match_person"):
        reader.tries(REGISTRY, route)
    reader.tries(REGISTRY, "list_figures")
    reader.tries(REGISTRY, "get_report")


def _a_household_changes(reader: Reader) -> None:
    """Last, so that nothing that is shown of a family before is of later."""
    for route in ("withdraw_membership", "join_household", "edit_membership", "list_memberships", "list_members"):
        reader.tries(REGISTRY, route)
    reader.tries(REGISTRY, "name_guardian")
    for kind in ("head", "card"):
        for deed in ("name" if kind == "head" else "give", "edit"):
            reader.tries(REGISTRY, f"{deed}_{kind}")
    for route in ("withdraw_card", "withdraw_head", "move_household", "edit_household_village", "leave_household"):
        reader.tries(REGISTRY, route)
    reader.tries(REGISTRY, "register_household", 1, makes=examples.HOUSEHOLD_OF_WATI)


def _on_file(reader: Reader) -> None:
    reader.tries(REGISTRY, "record_document")
    reader.tries(REGISTRY, "edit_document")
    for route in ("list_documents", "get_document", "withdraw_document", "retract_withdrawal", "retract_document"):
        reader.tries(REGISTRY, route)
    for route in ("place_hold", "list_holds", "lift_hold"):
        reader.tries(REGISTRY, route, role="data-protection-officer")


def _abroad_and_home(reader: Reader) -> None:
    reader.tries(MIGRATION, "record_departure")
    reader.tries(MIGRATION, "correct_departure")
    for route in ("list_children", "get_child", "list_figures"):
        reader.tries(PARENTING, route)
    reader.tries(MIGRATION, "record_return", 1)
    reader.tries(MIGRATION, "get_trip")
    reader.tries(MIGRATION, "record_leave_end")
    reader.tries(MIGRATION, "correct_leave_end")
    reader.tries(MIGRATION, "record_return")
    reader.tries(MIGRATION, "correct_return")
    for route in ("list_trips", "list_service_files", "get_service_file", "list_figures"):
        reader.tries(MIGRATION, route)


def _training_and_a_group(reader: Reader) -> None:
    for route in ("list_training_roster", "get_training_candidate", "list_figures"):
        reader.tries(ENTERPRISE, route)
    for route in ("offer_course", "enrol_participant", "record_attendance", "list_courses", "get_course"):
        reader.tries(ENTERPRISE, route)
    for route in ("list_prospects", "get_prospect", "list_figures"):
        reader.tries(COOPERATIVE, route)
    for route in ("form_group", "admit_member", "list_groups", "get_group", "record_leaving"):
        reader.tries(COOPERATIVE, route)


def _all_taken_back(reader: Reader) -> None:
    for route in ("retract_return", "retract_leave_end", "retract_return", "retract_departure"):
        reader.tries(MIGRATION, route)
    reader.tries(REGISTRY, "register_worker", 1, makes=examples.SPOUSE, known=True)
    for route in ("withdraw_kin", "report_death", "edit_death", "withdraw_death", "erase_person"):
        reader.tries(REGISTRY, route)


def _many_at_once(reader: Reader) -> None:
    for route in ("register_workers", "register_persons", "register_households"):
        reader.tries(REGISTRY, route)
    for route in ("record_departures", "record_returns"):
        reader.tries(MIGRATION, route)


def _the_programme(reader: Reader) -> None:
    for route in ("propose_village", "activate_village"):
        reader.tries(REGISTRY, route)
    for route in ("end_programme", "withdraw_step", "designate_villages"):
        reader.tries(REGISTRY, route, role="programme-office")
    reader.tries(REGISTRY, "resolve_region")
    for route in ("open_facility", "edit_facility", "report_facility", "edit_report", "close_facility"):
        reader.tries(REGISTRY, route)
    for route in ("get_facility", "list_facilities"):
        reader.tries(REGISTRY, route)
    for route in ("withdraw_closing", "withdraw_report", "withdraw_facility", "open_facilities"):
        reader.tries(REGISTRY, route)
    for route in ("appoint_person", "edit_appointment", "end_appointment", "get_appointment", "list_appointments"):
        reader.tries(REGISTRY, route)
    for route in ("withdraw_appointment_end", "withdraw_appointment", "appoint_persons"):
        reader.tries(REGISTRY, route)
    for route in ("record_partner", "end_partnership", "get_partner", "list_partners", "edit_partner"):
        reader.tries(REGISTRY, route)
    for route in ("make_commitment", "judge_commitment", "get_commitment", "list_commitments"):
        reader.tries(REGISTRY, route)
    for route in ("withdraw_partnership_end", "withdraw_outcome", "edit_commitment", "withdraw_commitment"):
        reader.tries(REGISTRY, route)
    for route in ("record_meeting", "edit_meeting", "get_meeting", "list_meetings", "withdraw_meeting"):
        reader.tries(REGISTRY, route)


def _registered_twice(reader: Reader) -> None:
    for route in ("list_duplicates", "merge_person", "get_merge", "list_merges", "unmerge_person", "tell_apart"):
        reader.tries(REGISTRY, route)


def test_every_example_runs(reader: Reader) -> None:
    """And no route was left out: neither one that is sent something nor one that is only asked."""
    shown = {
        (name, operation["operationId"], nth)
        for name in SERVICES
        for _, _, operation in operations(name)
        for nth in range(len(bodies(name, operation)))
    }
    assert shown - reader.tried == set()
