"""The registry over HTTP: read the request, ask for the command, answer. No rule stands here.

A module for each subject, with its routes and the scopes that they need; here they are put together.
"""

from fastapi import APIRouter

from services.registry.api import (
    appointments,
    documents,
    duplicates,
    facilities,
    figures,
    household_changes,
    households,
    legal_holds,
    meetings,
    merges,
    partners,
    persons,
    regions,
    reports,
    search,
    verifications,
    villages,
)

router = APIRouter(
    routes=[
        *villages.router.routes,
        *persons.router.routes,
        *households.router.routes,
        *household_changes.router.routes,
        *figures.router.routes,
        *reports.router.routes,
        *verifications.router.routes,
        *documents.router.routes,
        *legal_holds.router.routes,
        *facilities.router.routes,
        *appointments.router.routes,
        *partners.router.routes,
        *meetings.router.routes,
        *regions.router.routes,
        *search.router.routes,
        *duplicates.router.routes,
        *merges.router.routes,
    ]
)
"""All routes in one table, as every service has it: a router that is included in another hides its routes."""

SCOPES = (
    villages.SCOPES
    | persons.SCOPES
    | households.SCOPES
    | household_changes.SCOPES
    | figures.SCOPES
    | reports.SCOPES
    | verifications.SCOPES
    | documents.SCOPES
    | legal_holds.SCOPES
    | facilities.SCOPES
    | appointments.SCOPES
    | partners.SCOPES
    | meetings.SCOPES
    | regions.SCOPES
    | search.SCOPES
    | duplicates.SCOPES
    | merges.SCOPES
)
"""The scope that each route needs; a route without a row is a defect."""

TAGS = {
    "villages": "Where villages stand in a programme (desa Desmigratif and others), from proposal to end.",
    "persons": "Who somebody is, that they work abroad, that they died. Names and numbers only in one's own area.",
    "documents": "What documents somebody has: passports, programme ids (dokumen).",
    "erasure": "What forbids to erase somebody's data (UU 27/2022 Ps 15, Ps 42-45).",
    "duplicates": "Registrations of one human: found, looked at, merged, and taken apart again (data ganda).",
    "households": "Who lives together, and who is what to whom (keluarga PMI).",
    "reports": "Counts of any day, with their definition, by area or year.",
    "figures": "Counts by village, and of villages.",
    "facilities": "What was built for a village, and in which condition it was found.",
    "appointments": "Who serves the programme as officer, responsible person or coordinator. By id: no names.",
    "partners": "Institutions that help the programme, and what they promised.",
    "meetings": "Coordination meetings, with how many of each role attended.",
    "regions": "Region codes over time.",
}
"""The groups of routes on the API pages."""
