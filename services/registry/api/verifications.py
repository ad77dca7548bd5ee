"""What the population office (Dukcapil) said of a person's particulars: a verdict a field, never its response."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field, StrictInt

from services.registry.api.fields import PersonId
from services.registry.commands import verifications as commands
from services.registry.domain import verification as domain
from services.registry.domain.refusals import PERSON_ERASED, of_columns
from services.registry.views.dossiers import corrections_of, verdicts_of
from services.registry.views.people import one, people
from shared.errors import NOT_FOUND, PERSON_MERGED
from shared.execute import IF_MATCH_REQUIRED, VERSION_MISMATCH
from shared.http import Body, Read, Shown, Write, records, shows
from shared.http.examples import WORKER, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/persons/{person_id}/verifications"): "registry:write",
    ("GET", "/persons/{person_id}/verifications"): "registry:read",
}
"""The scope that each of these routes needs."""

Outcomes = Annotated[
    dict[domain.Field, domain.Outcome],
    Field(description="For each field that was held against the office's data, whether it is the same there."),
]


class VerificationBody(Body):
    """What Dukcapil answered, field by field."""

    model_config = example(verified_on="2026-11-02", outcomes={"nik": "matched", "name": "differed"})

    verified_on: str = Field(description="The day of the answer, YYYY-MM-DD.", examples=["2026-11-02"])
    outcomes: Outcomes
    of_version: StrictInt | None = Field(
        default=None,
        description="Which version of the person was sent to the office: `version` of the answer to the last change "
        "before it, the number in the ETag. Left out: the present one.",
        examples=[1],
    )


class VerdictShown(Shown):
    """The last verdict on a field."""

    field: domain.Field
    outcome: domain.Outcome
    verified_on: date
    outdated: bool = Field(
        description="The field was corrected since, or it was verified of a duplicate: the verdict is about what stood "
        "there then."
    )


class Verification(Shown):
    """What of a person was verified; a field that never was is absent."""

    model_config = example(
        id=WORKER,
        verdicts=[
            {"field": "nik", "outcome": "matched", "verified_on": "2026-11-02", "outdated": False},
            {"field": "name", "outcome": "differed", "verified_on": "2026-11-02", "outdated": False},
        ],
    )

    id: str
    verdicts: list[VerdictShown]


@router.post(
    "/persons/{person_id}/verifications",
    status_code=201,
    summary="Record what Dukcapil verified of a person",
    tags=["persons"],
    responses=records(
        WORKER,
        NOT_FOUND,
        PERSON_ERASED,
        PERSON_MERGED,
        IF_MATCH_REQUIRED,
        VERSION_MISMATCH,
        *of_columns("verified-on", "of-version", "outcomes"),
    ),
)
async def record_verification(person_id: PersonId, body: VerificationBody, write: Write) -> Response:
    """Under the person's present ETag. A verdict that came late names in `of_version` what was sent to the office.

    What was corrected since that version was not verified: of such a field the verdict is `outdated`.
    """
    return await write(
        commands.RecordVerification(
            person_id=person_id,
            verified_on=body.verified_on,
            outcomes=body.outcomes,
            of_version=body.of_version,
        )
    )


@router.get(
    "/persons/{person_id}/verifications",
    summary="What of a person was verified",
    tags=["persons"],
    responses=shows(Verification, NOT_FOUND),
)
async def get_verification(person_id: PersonId, read: Read) -> dict[str, Any]:
    """The last verdict on each field, before an outdated one any other; of an erased person none.

    Of a duplicate, those of who stands for both.
    """
    survivor = (await read.one(one(person_id), village=people.c.village))["person_id"]
    rows = await read.rows(verdicts_of(person_id))
    corrected = {row["field"]: row["version"] for row in await read.rows(corrections_of(person_id))}
    opened = iter(await read.open_all([row[outcome] for row in rows for outcome in ("matched", "differed")]))
    of_survivor: list[domain.Verdict] = []
    of_duplicates: list[domain.Verdict] = []
    for row in rows:
        for outcome in ("matched", "differed"):
            for field in next(opened) or ():
                said = domain.Verdict(field=field, outcome=outcome, on=row["verified_on"], of_version=row["of_version"])
                (of_duplicates if row["of_duplicate"] else of_survivor).append(said)
    last = domain.telling(of_survivor, corrected)
    verified = {verdict.field for verdict in last}
    beside = [verdict for verdict in domain.latest(of_duplicates) if verdict.field not in verified]
    return {
        "id": survivor,
        "verdicts": [
            *(_shown(verdict, outdated=domain.outdated(verdict, corrected)) for verdict in last),
            *(_shown(verdict, outdated=True) for verdict in beside),
        ],
    }


def _shown(verdict: domain.Verdict, *, outdated: bool) -> dict[str, Any]:
    return {
        "field": verdict.field,
        "outcome": verdict.outcome,
        "verified_on": verdict.on,
        "outdated": outdated,
    }
