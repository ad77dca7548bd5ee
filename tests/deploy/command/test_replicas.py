import pytest

from deploy import SERVICES
from deploy.command.failures import BadFile
from deploy.command.replicas import read


def test_a_number_belongs_to_the_service_it_stands_with() -> None:
    assert read(["enterprise=3", "registry=1"]) == {"enterprise": 3, "registry": 1}
    assert read([]) == {}


def test_a_bare_number_is_for_every_service_and_a_named_one_counts_for_more() -> None:
    assert read(["enterprise=3", "2"], for_all=True) == dict.fromkeys(SERVICES, 2) | {"enterprise": 3}


def test_a_service_that_is_said_twice_is_asked_about() -> None:
    with pytest.raises(BadFile, match="enterprise is said twice"):
        read(["enterprise=1", "enterprise=2"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2", "not SERVICE=NUMBER"),
        ("enterprise", "not SERVICE=NUMBER"),
        ("enterprise=", "not SERVICE=NUMBER"),
        ("enterprise=-1", "not SERVICE=NUMBER"),
        ("enterprise=two", "not SERVICE=NUMBER"),
        ("=2", "not SERVICE=NUMBER"),
        ("enterprise=0", "1 to 20 processes, not 0 · enterprise dapat"),
        ("pension=2", "no service 'pension'"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(BadFile, match=why):
        read([text])
