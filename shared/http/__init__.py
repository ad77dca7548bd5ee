"""HTTP: what every service's routes have in common."""

from shared.http.answers import Page, Shown, Written, changes, edits, records, refuses, shows
from shared.http.bulk import Bulk, OneWritten, WriteAll, WritingAll, records_each
from shared.http.doors import Body, Paging, Read, Reading, Write, Writing

__all__ = [
    "Body",
    "Bulk",
    "OneWritten",
    "Page",
    "Paging",
    "Read",
    "Reading",
    "Shown",
    "Write",
    "WriteAll",
    "Writing",
    "WritingAll",
    "Written",
    "changes",
    "edits",
    "records",
    "records_each",
    "refuses",
    "shows",
]
