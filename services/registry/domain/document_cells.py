"""What a form or a list says of a document, cell by cell; here it becomes values or the code of what is wrong."""

from services.registry.domain.document import Says
from services.registry.domain.document_kinds import KINDS, unusual
from services.registry.domain.particulars import read_day
from services.registry.domain.refusals import refuse_columns
from shared.errors import ColumnError
from shared.personal import Known


def read_document(
    *, kind: str, number: str, issuer: str | None, valid_from: str | None, valid_until: str | None
) -> tuple[Says, tuple[ColumnError, ...]]:
    """What stands on a document, its number as it was written but for blanks around it, and the warnings about it.

    A number of an unusual form is a warning (``number-unusual``) and never refused: sources contradict each other.

    Rejects, one code a column, in this order: ``kind-of-document-unknown``, ``number-of-document-missing``,
    ``valid-from-invalid``, ``valid-until-invalid``, ``valid-until-before-valid-from``.
    """
    written, by = " ".join(number.split()), " ".join((issuer or "").split())
    first = None if valid_from is None else read_day(valid_from)
    last = None if valid_until is None else read_day(valid_until)
    wrong_last = None
    if valid_until is not None and last is None:
        wrong_last = ColumnError("valid_until", "valid-until-invalid")
    elif first is not None and last is not None and last < first:
        wrong_last = ColumnError("valid_until", "valid-until-before-valid-from")
    wrong_number = None
    if not written:
        wrong_number = ColumnError("number", "number-of-document-missing")
    elif kind in KINDS and unusual(kind, written):
        wrong_number = ColumnError("number", "number-unusual", warning=True)
    warnings = refuse_columns(
        None if kind in KINDS else ColumnError("kind", "kind-of-document-unknown"),
        wrong_number,
        ColumnError("valid_from", "valid-from-invalid") if valid_from is not None and first is None else None,
        wrong_last,
    )
    issued = Known(by) if by else None
    says = Says(kind=kind, number=Known(written), issuer=issued, valid_from=first, valid_until=last)
    return says, warnings
