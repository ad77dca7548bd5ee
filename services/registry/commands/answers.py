"""What commands answer: ids, versions and codes."""

from collections.abc import Iterable
from uuid import UUID

from shared.execute import Answer, Work


def made(work: Work, new: UUID, warnings: Iterable[str] = ()) -> Answer:
    """201 with the new id; a check makes nothing, so it knows no id."""
    if work.check:
        return Answer(200, {"id": None}, warnings=tuple(warnings))
    return Answer(201, {"id": str(new)}, version=work.version(new), warnings=tuple(warnings))


def changed(work: Work, stream_id: UUID, warnings: Iterable[str] = (), *, status: int = 200) -> Answer:
    """What is known under this id and the version at which it stands now."""
    return Answer(status, {"id": str(stream_id)}, version=work.version(stream_id), warnings=tuple(warnings))
