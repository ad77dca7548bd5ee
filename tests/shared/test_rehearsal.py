"""What ``DESMIGRATIF_FAULT`` may say."""

import uuid

import pytest

from shared.rehearsal import FaultUnknown, check_faults, faults


def test_the_rehearsed_fault_is_read_from_the_setting() -> None:
    anna, budi, citra = (uuid.uuid4() for _ in range(3))
    setting = f"enterprise.neighbours:{anna},{budi.hex.upper()}, registry.people:{citra},enterprise.reactions:*"
    assert faults(setting, "enterprise", ["neighbours", "reactions"]) == {
        "neighbours": {str(anna), str(budi)}, "reactions": {"*"}
    }  # fmt: skip
    assert faults("registry.villages:3307102004", "registry", ["villages"]) == {"villages": {"33.07.10.2004"}}
    assert faults("", "enterprise", []) == {}
    for wrong in (f"enterprise.nobody:{anna}", "enterprise", "enterprise.neighbours:", str(anna), "enterprise.x:Anna"):
        with pytest.raises(FaultUnknown, match=r"DESMIGRATIF_FAULT: .* · DESMIGRATIF_FAULT: "):
            faults(wrong, "enterprise", ["neighbours"])


def test_what_is_to_be_rehearsed_in_a_service_that_is_not_there_is_refused() -> None:
    services = {"enterprise": ["neighbours"], "parenting": []}
    check_faults("enterprise.neighbours:*", services)
    with pytest.raises(FaultUnknown, match="no service 'pension'; there are enterprise, parenting"):
        check_faults("enterprise.neighbours:*,pension.reactions:*", services)
