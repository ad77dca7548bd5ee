"""What can be asked of the registry, and which histories each request reads and writes.

A module for each subject, with its commands (`Command`) and what they do (`handle`). Whatever one request decides is
appended all or nothing. Somebody else's village is not here: what lies outside the caller's area is answered as if
unknown.
"""

from typing import assert_never

from services.registry.commands import appointments, facilities, households, meetings, partners, persons, villages
from shared.execute import Answer, Work

Command = (
    villages.Command
    | persons.Command
    | households.Command
    | facilities.Command
    | appointments.Command
    | partners.Command
    | meetings.Command
)


async def handle(work: Work, command: Command) -> Answer:
    """Read, decide, answer: one attempt, repeated by the kernel on fresh histories if another was faster."""
    if isinstance(command, villages.Command):
        return await villages.handle(work, command)
    if isinstance(command, persons.Command):
        return await persons.handle(work, command)
    if isinstance(command, households.Command):
        return await households.handle(work, command)
    if isinstance(command, facilities.Command):
        return await facilities.handle(work, command)
    if isinstance(command, appointments.Command):
        return await appointments.handle(work, command)
    if isinstance(command, partners.Command):
        return await partners.handle(work, command)
    if isinstance(command, meetings.Command):
        return await meetings.handle(work, command)
    assert_never(command)
