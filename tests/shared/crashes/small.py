"""Two of the tiny services with a door, so that they can be processes of their own; run by `tests.shared.crashes.row`.

Beyond `tests.shared.tiny`: the enterprise is told to bid an erased person farewell, which it refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import TypeAdapter

from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work
from shared.http.doors import Body, Read, Write
from shared.personal import Known
from shared.published import PublicEvent, registry
from shared.reacting import Reactions
from shared.service import Service
from tests.shared import birthdays, tiny

ORDERS: dict[str, type[Any]] = {
    order.__name__: order for order in (tiny.Register, tiny.Rename, tiny.Note, tiny.Forget, birthdays.Born)
}
"""What can be asked for over HTTP."""

PATH = "/orders"


class Order(Body):
    do: str
    told: dict[str, str]


router = APIRouter()


@router.post(PATH)
async def order(body: Order, write: Write) -> Response:
    """What is to be done, and what is told with it."""
    return await write(TypeAdapter(ORDERS[body.do]).validate_python(body.told))


@router.get("/people/{person_id}")
async def person(person_id: UUID, read: Read) -> Response:
    """The last name of one person; null if they were erased."""
    history = await read._runtime.log.history(person_id)
    names = [fact.full_name for fact in history.events if isinstance(fact, tiny.Registered)]
    last = names[-1]
    return read.answer({"full_name": last.value if isinstance(last, Known) else None})


@dataclass(frozen=True, slots=True)
class Farewell:
    person_id: UUID


async def _handle(work: Work, command: Any) -> Answer:
    if isinstance(command, Farewell):
        raise Refused(NOT_FOUND)
    return await tiny.handle(work, command)


def _react(word: PublicEvent) -> Sequence[object]:
    return [Farewell(word.person_id)] if isinstance(word, registry.PersonErased) else tiny.react(word)


REGISTRY: Service = tiny.service(
    "registry",
    router=router,
    scopes={("POST", PATH): "registry:write", ("GET", "/people/{person_id}"): "registry:read"},
)

CALENDAR: Service = birthdays.service(router=router, scopes=REGISTRY.scopes)
"""The registry, where it awaits birthdays."""

ENTERPRISE: Service = replace(tiny.enterprise(), handle=_handle, react=Reactions(hears=("registry",), react=_react))
