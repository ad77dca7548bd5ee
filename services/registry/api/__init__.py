"""The registry over HTTP: read the request, ask for the command, answer. No rule stands here.

A module for each subject, with its routes and the scopes that they need; here they are put together.
"""

from fastapi import APIRouter

from services.registry.api import duplicates, figures, households, merges, persons, villages

router = APIRouter(
    routes=[
        *villages.router.routes,
        *persons.router.routes,
        *duplicates.router.routes,
        *merges.router.routes,
        *households.router.routes,
        *figures.router.routes,
    ]
)
"""All routes in one table, as every service has it: a router that is included in another hides its routes."""

SCOPES = villages.SCOPES | persons.SCOPES | duplicates.SCOPES | merges.SCOPES | households.SCOPES | figures.SCOPES
"""The scope that each route needs; a route without a row is a defect."""

TAGS = {
    "villages": "Villages that are designated for the programme (desa Desmigratif).",
    "persons": "Who somebody is, that they work abroad, that they died. Names and numbers only in one's own area.",
    "duplicates": "Registrations of one human: found, looked at, merged, and taken apart again (data ganda).",
    "households": "Who lives together, and who is what to whom (keluarga PMI).",
    "figures": "Counts by village.",
}
"""The groups of routes on the API pages."""
