"""Ids that the examples of the API pages share: what bears the same id is the same in every service.

Invented, like everybody in an example; `tests/stories/test_examples.py` tells them to a house in order.
"""

from typing import Any

from pydantic import ConfigDict

VILLAGE = "33.07.10.2004"
"""Kuripan, in Wonosobo."""
WORKER = "1c0e4d0e-5b7a-8f43-9a51-6f3b1e2d7c01"
"""Siti, who goes abroad and comes home."""
SPOUSE = "8a5d2f37-90c4-8b16-a2de-3c7f40b9e502"
"""Joko, her husband."""
CHILD = "e4716b9c-2d08-85af-b36c-91d2c05f8a03"
"""Bima, their son."""
HOUSEHOLD = "57f3a8d1-c6e9-8240-8d17-b04e92a36f04"
"""The three of them."""
TRIP = "b92e06c5-7f31-8da8-96b4-2ac85d17e305"
"""Siti's, to Taiwan."""
COURSE = "3d84c1f0-a95b-8672-bd03-e7160f4b2c06"
"""One in which Siti takes part."""
GROUP = "f06b97e2-184d-8c3a-87f5-50d9a3c2b107"
"""One that Siti joins."""
DEWI = "6d12f8e4-83c7-8b5e-91f0-27ab64c05d08"
"""Who goes abroad too, and comes home."""
AGUS = "a73e5b09-1f6c-8e24-8cd7-f5019b36ea09"
"""A worker as well."""
RINI = "2f80c4d6-e95a-8a17-b2c3-08d7e6f14b0a"
"""Who lives with Dewi."""
GALIH = "d5096fa1-47be-8c38-9e60-bb2f751ac30b"
"""A child."""
GALIH_AGAIN = "71ae3c58-0b96-8d4f-a2e7-95c60d1f8b0e"
"""The same child, registered a second time."""
HOUSEHOLD_OF_DEWI = "0e9a7c35-d264-8f91-a5b8-c61f20d48e0c"
"""Dewi and Rini."""
TRIP_OF_DEWI = "9b4d13f7-6a08-8d2c-83e1-5f72c09ab60d"
"""Hers, to Hong Kong."""
TRIP_OF_AGUS = "c8f2a05e-b913-8746-9d4a-e03b68f1570e"
"""His, to Taiwan."""
LOG = "17aa03de-52c8-4f0b-9b1d-6e07f3c4a808"
"""The present name of a log."""
LOG_FORMER = "9f3c2a1b-04d7-4e62-8a90-c15be8d27309"
"""Another one, or one that it had before it was put back."""
LOG_EVENT = "c7d01f46-3b9a-8e25-91f4-08a6d2e57b0a"
"""An event in it."""
REQUEST = "0d5a7c93-e8f1-47b6-a2c4-b3690e1fd70c"
"""What such an event goes back to."""
PROCESS = "62e9b8f5-a1d3-4c70-b846-7fd05c13e20b"
"""A process of a service."""


def example(**fields: Any) -> ConfigDict:
    """The configuration of a body that has this example."""
    return ConfigDict(json_schema_extra={"examples": [fields]})
