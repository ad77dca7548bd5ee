"""What can be asked of the registry, and which histories each request reads and writes.

A module for each subject, with its commands (`Command`) and what they do (`handle`). Whatever one request decides is
appended all or nothing. Somebody else's village is not here: what lies outside the caller's area is answered as if
unknown.
"""

from typing import assert_never

from services.registry.commands import households, merges, persons, villages
from shared.execute import Answer, Work

Command = villages.Command | persons.Command | households.Command | merges.Command


async def handle(work: Work, command: Command) -> Answer:
    """Read, decide, answer: one attempt, repeated by the kernel on fresh histories if another was faster."""
    if isinstance(command, villages.Command):
        return await villages.handle(work, command)
    if isinstance(command, persons.Command):
        return await persons.handle(work, command)
    if isinstance(command, households.Command):
        return await households.handle(work, command)
    if isinstance(command, merges.Command):
        return await merges.handle(work, command)
    assert_never(command)
