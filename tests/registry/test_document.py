"""One document's history, and how its cells are read."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.registry.domain.document import (
    CorrectDocument,
    DocumentCommand,
    DocumentCorrected,
    DocumentRecorded,
    DocumentRetracted,
    DocumentWithdrawalRetracted,
    DocumentWithdrawn,
    RecordDocument,
    RetractDocument,
    Retracted,
    RetractWithdrawal,
    Says,
    Standing,
    WithdrawDocument,
    Withdrawn,
    adds,
    claims,
    document,
    same_document,
)
from services.registry.domain.document_cells import read_document
from services.registry.domain.document_kinds import KINDS
from shared.decider import Claim, Release
from shared.errors import ColumnError, Refused
from shared.personal import Known
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import NOW, SARI, TODAY
from tests.spec import Given

PASSPORT = UUID(int=61)
SAYS = Says(
    kind="passport",
    number=Known("C1234567"),
    issuer=Known("Kantor Imigrasi Wonosobo"),
    valid_from=date(2024, 2, 1),
    valid_until=date(2034, 1, 31),
)
OTHERWISE = replace(SAYS, number=Known("C1234568"))
RECORDED = DocumentRecorded(
    occurred=NOW,
    person_id=SARI,
    document_id=PASSPORT,
    kind=SAYS.kind,
    number=SAYS.number,
    issuer=SAYS.issuer,
    valid_from=SAYS.valid_from,
    valid_until=SAYS.valid_until,
)
CORRECTED = DocumentCorrected(
    occurred=NOW,
    corrects=1,
    person_id=SARI,
    document_id=PASSPORT,
    kind=SAYS.kind,
    number=Known("C1234568"),
    issuer=SAYS.issuer,
    valid_from=SAYS.valid_from,
    valid_until=SAYS.valid_until,
)
LOST_ON = date(2026, 11, 1)
WITHDRAWN = DocumentWithdrawn(occurred=Occurred(LOST_ON), person_id=SARI, document_id=PASSPORT)
RECORD = RecordDocument(today=TODAY, person_id=SARI, document_id=PASSPORT, says=SAYS)


class TestHistory:
    def test_a_document_is_recorded_once(self) -> None:
        state = Given(document).when(RECORD).then(RECORDED)
        assert state == Standing(version=1, fact=1, person_id=SARI, document_id=PASSPORT, says=SAYS)
        Given(document, RECORDED).when(RECORD).then()

    def test_what_stands_on_it_is_corrected(self) -> None:
        state = Given(document, RECORDED).when(CorrectDocument(today=TODAY, says=OTHERWISE)).then(CORRECTED)
        assert isinstance(state, Standing)
        assert (OTHERWISE, 2) == (state.says, state.fact)

    def test_a_correction_names_the_fact_that_it_corrects(self) -> None:
        history = Given(document, RECORDED, WITHDRAWN, replace(CORRECTED, corrects=1))
        history.when(CorrectDocument(today=TODAY, says=SAYS)).then(replace(CORRECTED, corrects=3, number=SAYS.number))

    def test_what_stands_there_already_is_no_correction(self) -> None:
        Given(document, RECORDED).when(CorrectDocument(today=TODAY, says=SAYS)).then()

    def test_a_document_is_withdrawn_from_a_day_on(self) -> None:
        state = Given(document, RECORDED).when(WithdrawDocument(on=LOST_ON)).then(WITHDRAWN)
        assert isinstance(state, Withdrawn)
        assert (LOST_ON, 2, 1) == (state.on, state.withdrawal, state.fact)
        Given(document, RECORDED, WITHDRAWN).when(WithdrawDocument(on=LOST_ON)).then()
        Given(document, RECORDED, WITHDRAWN).when(WithdrawDocument(on=TODAY)).refuses("document-already-withdrawn")

    def test_a_withdrawal_is_taken_back(self) -> None:
        retracted = DocumentWithdrawalRetracted(occurred=NOW, corrects=2, person_id=SARI, document_id=PASSPORT)
        state = Given(document, RECORDED, WITHDRAWN).when(RetractWithdrawal(today=TODAY)).then(retracted)
        assert state == Standing(version=3, fact=1, person_id=SARI, document_id=PASSPORT, says=SAYS)
        Given(document, RECORDED, WITHDRAWN, retracted).when(RetractWithdrawal(today=TODAY)).refuses("not-found")

    @pytest.mark.parametrize("before", [(RECORDED,), (RECORDED, WITHDRAWN)])
    def test_a_document_of_somebody_else_is_retracted(self, before: tuple[DocumentRecorded, ...]) -> None:
        retracted = DocumentRetracted(occurred=NOW, corrects=1, person_id=SARI, document_id=PASSPORT)
        state = Given(document, *before).when(RetractDocument(today=TODAY)).then(retracted)
        assert Retracted(SARI) == state

    @pytest.mark.parametrize(
        "wish",
        [
            CorrectDocument(today=TODAY, says=OTHERWISE),
            WithdrawDocument(on=TODAY),
            RetractWithdrawal(today=TODAY),
            RetractDocument(today=TODAY),
        ],
    )
    def test_nothing_happens_to_one_that_is_not_there(self, wish: DocumentCommand) -> None:
        retracted = DocumentRetracted(occurred=NOW, corrects=1, person_id=SARI, document_id=PASSPORT)
        Given(document).when(wish).refuses("not-found")
        Given(document, RECORDED, retracted).when(wish).refuses("not-found")

    def test_one_number_of_a_kind_is_one_document_of_a_person_however_it_is_spaced(self) -> None:
        (claim,) = claims(RECORDED)
        assert Claim("document", (str(SARI), "passport", "C1234567"), holder=PASSPORT, person_id=SARI) == claim
        assert [claim] == list(claims(replace(RECORDED, number=Known("c 123 4567"))))
        assert list(claims(CORRECTED)) == [
            Release("document", PASSPORT),
            Claim("document", (str(SARI), "passport", "C1234568"), holder=PASSPORT, person_id=SARI),
        ]
        assert not list(claims(WITHDRAWN))

    def test_what_is_said_anew_adds_nothing_unless_it_says_something_else(self) -> None:
        silent = replace(SAYS, issuer=None, valid_from=None, valid_until=None)
        assert not adds(SAYS, SAYS)
        assert not adds(silent, SAYS)
        for more in (replace(silent, issuer=SAYS.issuer), replace(silent, valid_from=SAYS.valid_from)):
            assert adds(more, silent)
        assert adds(replace(SAYS, valid_until=date(2035, 1, 31)), SAYS)

    def test_two_name_one_document_by_kind_and_number(self) -> None:
        assert same_document(SAYS, replace(SAYS, number=Known("c 123 4567"), issuer=None))
        assert not same_document(SAYS, OTHERWISE)
        assert not same_document(SAYS, replace(SAYS, kind="splp"))


class TestCells:
    def read(self, **cells: str | None) -> tuple[Says, tuple[ColumnError, ...]]:
        plain: dict[str, str | None] = {"issuer": None, "valid_from": None, "valid_until": None}
        told = plain | {"kind": "passport", "number": "C1234567"} | cells
        return read_document(**told)  # type: ignore[arg-type]

    def test_a_document_is_read_as_it_is_written(self) -> None:
        says, warnings = self.read(number=" C  1234567 ", issuer=" ", valid_until="2034-01-31")
        assert (Known("C 1234567"), None, None, date(2034, 1, 31)) == (
            says.number,
            says.issuer,
            says.valid_from,
            says.valid_until,
        )
        assert () == warnings

    @pytest.mark.parametrize("number", ["C1234567", "AB123456", "c 1234 567", "X12345678"])
    def test_the_forms_that_a_passport_has_are_not_warned_of(self, number: str) -> None:
        assert () == self.read(number=number)[1]

    @pytest.mark.parametrize("number", ["1234567", "ABC123456", "C123", "C-1234567"])
    def test_an_unusual_number_is_warned_of_and_stands(self, number: str) -> None:
        says, warnings = self.read(number=number)
        assert (Known(number), (ColumnError("number", "number-unusual", warning=True),)) == (says.number, warnings)

    @pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"passport"}))
    def test_where_no_source_gives_a_form_every_number_is_taken(self, kind: str) -> None:
        assert () == self.read(kind=kind, number="?")[1]

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [
            ({"kind": "ktp"}, ["kind-of-document-unknown"]),
            ({"number": "  "}, ["number-of-document-missing"]),
            ({"valid_from": "01/02/2024"}, ["valid-from-invalid"]),
            ({"valid_until": "2024-02-30"}, ["valid-until-invalid"]),
            ({"valid_from": "2024-02-02", "valid_until": "2024-02-01"}, ["valid-until-before-valid-from"]),
            (
                {"kind": "", "number": "", "valid_from": "", "valid_until": ""},
                [
                    "kind-of-document-unknown",
                    "number-of-document-missing",
                    "valid-from-invalid",
                    "valid-until-invalid",
                ],
            ),
        ],
    )
    def test_each_wrong_cell_has_its_code(self, cells: dict[str, str | None], expected: list[str]) -> None:
        with pytest.raises(Refused) as refused:
            self.read(**cells)
        assert expected == [error.code for error in refused.value.errors]
        assert expected[0] == refused.value.slug
