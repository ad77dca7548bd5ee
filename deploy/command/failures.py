"""How the command says that it could not do what it was asked.

::

    Failure               a sentence for the user; ends the command with 1
      BadFile             a file that cannot be read as what it should be; ends it with 2
      Unreachable         a service that does not answer
      Unexpected          an answer that the command has no use for
"""


class Failure(Exception):
    """*args[0]* is said to the user as it stands; it never holds what a list or an answer body said of a person."""

    exit_code = 1


class BadFile(Failure):
    """The file is not what it should be (exit code 2, as for a wrong option)."""

    exit_code = 2


class Unreachable(Failure):
    """*service* does not answer, or says for too long that it cannot (503)."""

    def __init__(self, service: str, why: str) -> None:
        super().__init__(f"{service} does not answer ({why}) · {service} tidak menjawab")
        self.service = service


class Unexpected(Failure):
    """*service* answered *asked* with a status that ends the job, such as a token it does not accept."""

    def __init__(self, service: str, asked: str, status: int, slug: str, title: str) -> None:
        super().__init__(f"{service} answered {asked} with {status} {slug}: {title}".rstrip(": "))
        self.service = service
        self.status = status
        self.slug = slug
