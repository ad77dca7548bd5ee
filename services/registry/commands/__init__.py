"""What can be asked of the registry, and which histories each request reads and writes.

A module for each subject, with its commands (`Command`) and what they do (`handle`). Whatever one request decides is
appended all or nothing. Somebody else's village is not here: what lies outside the caller's area is answered as if
unknown.
"""

from typing import assert_never

from services.registry.commands import (
    appointments,
    documents,
    facilities,
    households,
    legal_holds,
    meetings,
    merges,
    partners,
    persons,
    verifications,
    villages,
)
from shared.execute import Answer, Work

Command = (
    villages.Command
    | persons.Command
    | documents.Command
    | verifications.Command
    | legal_holds.Command
    | households.Command
    | merges.Command
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
    if isinstance(command, documents.Command):
        return await documents.handle(work, command)
    if isinstance(command, verifications.Command):
        return await verifications.handle(work, command)
    if isinstance(command, legal_holds.Command):
        return await legal_holds.handle(work, command)
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
    if isinstance(command, merges.Command):
        return await merges.handle(work, command)
    assert_never(command)
