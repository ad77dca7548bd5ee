"""What the registry does when the migration service speaks: a trip that ended in death makes it record that death."""

from collections.abc import Sequence

from services.registry.commands.persons import HearOfTrip
from shared.published import PublicEvent
from shared.published.migration_service import TripWord, WorkerDeparted, WorkerLeaveEnded, WorkerReturned
from shared.vocabulary import Occurred


def react(word: PublicEvent) -> Sequence[HearOfTrip]:
    """A death for each trip that stands at ``deceased``, and none of this trip once it stands anywhere else.

    A departure, a return and the end of a leave cannot take back a death of the same trip: only a correction or
    retraction can, so the others ask nothing of the domain.
    """
    match word:
        case TripWord(standing="deceased"):
            died_on = Occurred(word.since, word.since_precision)
            return (HearOfTrip(person_id=word.worker_id, trip_id=word.trip_id, died_on=died_on),)
        case WorkerDeparted() | WorkerReturned() | WorkerLeaveEnded():
            return ()
        case TripWord():
            return (HearOfTrip(person_id=word.worker_id, trip_id=word.trip_id, died_on=None),)
        case _:
            return ()
