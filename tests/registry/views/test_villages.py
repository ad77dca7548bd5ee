"""The rows of designated villages."""

from services.registry.domain.village import VillageDesignated
from services.registry.views.villages import project, villages
from shared.views import Put
from tests.registry.people_of_kuripan import KURIPAN, NOW, REGISTERED
from tests.registry.views.recording import recorded


def test_a_designated_village_has_a_row() -> None:
    designated = VillageDesignated(occurred=NOW, village=KURIPAN, year=2017, decree="KEP-59/2017")
    assert list(project(recorded(designated))) == [
        Put(villages, {"village": KURIPAN, "version": 1, "year": 2017, "decree": "KEP-59/2017"})
    ]


def test_other_facts_change_nothing() -> None:
    assert [] == list(project(recorded(REGISTERED)))
