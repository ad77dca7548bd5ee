"""The registry by itself, started on one day after the other."""

from datetime import date
from uuid import UUID

from services.registry.commands.persons import Register
from services.registry.main import SERVICE
from shared import ids
from shared.deadlines import Calendar
from shared.execute import Done, Request, execute
from shared.runtime import Runtime
from shared.waiting import until_followed
from tests.registry.people_of_kuripan import KURIPAN
from tests.shared.street import CALLER, Street, rows

BORN = "2008-11-22"


class Registry:
    """One process at a time, on the databases of one street."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._asked = 0
        self.runtime: Runtime

    async def on(self, today: date) -> None:
        """Start it (again) on this day; it has looked once this returns."""
        if self._street.running:
            await self._street.stop(self.runtime)
        settings = await self._street.settings("registry")
        self._street._settings["registry"] = settings.model_copy(update={"today": today, "wait_seconds": 10.0})
        self.runtime = await self._street.start(SERVICE)
        await self.looked()

    async def looked(self) -> None:
        """Return once its views have heard everything, and what is due was carried out."""
        for view in SERVICE.views:
            await until_followed(self.runtime, view)
        await Calendar(self.runtime, SERVICE.deadlines[0]).look(self.runtime.clock.today())

    async def do(self, command: object, *, if_match: int | None = None) -> Done:
        """Carry out one command."""
        self._asked += 1
        request = Request(
            command_id=ids.command_id(self.runtime.secret, CALLER.id, "test", str(self._asked)),
            fingerprint=ids.keyed(self.runtime.secret, str(self._asked)),
            caller=CALLER,
            today=self.runtime.clock.today(),
            if_match=if_match,
        )
        return await execute(self.runtime, request, command)

    async def child(self, birth_date: str = BORN) -> UUID:
        """Somebody new, born on this day."""
        command = Register(nik=None, name="Bima Contoh", birth_date=birth_date, village=KURIPAN, as_worker=True)
        return UUID((await self.do(command)).answer.body["id"])

    async def announced(self) -> list[UUID]:
        """Of whom it was said that they came of age, each time."""
        said = await rows(
            self.runtime,
            "SELECT person_id FROM log.events WHERE type = 'CameOfAge' AND published IS NOT NULL ORDER BY position",
        )
        return [row["person_id"] for row in said]
