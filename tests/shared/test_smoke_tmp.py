from tests.shared import tiny
from tests.shared.street import *

async def test_smoke(street):
    reg = await street.start(tiny.service("registry"))
    mig = await street.start(tiny.service("migration_service"))
    ent = await street.start(tiny.enterprise())
    people = await register(reg, 5)
    await until(lambda: rows(ent, "select 1 from neighbours_1.greetings offset 4"))
