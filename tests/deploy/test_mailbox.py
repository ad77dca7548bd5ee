from collections.abc import Iterator

import pytest

from deploy.mailbox import Mailbox
from shared.notify import Notifier


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


def test_the_last_of_several_words_is_heard_once(mailbox: Mailbox) -> None:
    notifier = Notifier(mailbox.address)
    assert mailbox.last() is None
    notifier.waits_for(["bus"])
    notifier.waits_for([])
    assert mailbox.last() == {"READY": "1", "STATUS": "ready"}
    assert mailbox.last() is None
    notifier.stopping()
    assert mailbox.last() == {"STOPPING": "1", "STATUS": "stopping"}


def test_each_process_has_a_mailbox_of_its_own(mailbox: Mailbox) -> None:
    other = Mailbox()
    Notifier(other.address).waits_for(["view people", "database"])
    assert (mailbox.last(), other.last()) == (None, {"STATUS": "waits for view people, database"})
    other.close()
