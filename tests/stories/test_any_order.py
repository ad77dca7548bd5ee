"""Nothing orders one service's facts against another's: whoever is heard first, or a day late, the rosters are the same."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from services.cooperative.views import prospects
from services.enterprise.views import training_roster
from services.migration_service.views import standing
from services.parenting.views import children
from shared import database, projecting, schema, wire
from shared.bus import Told
from shared.hearing import Checkpoint, load, move
from shared.published import PublicEvent
from shared.recorded import Recorded
from shared.viewing import ViewHearer, own_changes_of
from shared.views import View
from tests.houses import KENANGA, KURIPAN, TODAY
from tests.rosters import Trip, child, died, erased, lives, moved, no_kin, person, someone, spouse, worker
from tests.stories.conftest import Past
from tests.stories.households import IMPLIED

# ── A day late ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("heard", ["as told", "registry late", "trips late"])
def test_the_rosters_are_the_same_however_late_a_source_is_heard(past: Past, heard: str) -> None:
    """The same story in three villages; in two of them one of the two sources was heard a day later."""
    assert past.at_last[heard] == IMPLIED


@pytest.mark.parametrize("heard", ["registry late", "trips late"])
def test_while_a_source_is_unheard_nobody_is_on_a_roster(past: Past, heard: str) -> None:
    """So it was late indeed; and half of what is known names nobody."""
    assert {past.meanwhile[heard][roster].__len__() for roster in ("training", "prospects", "children")} == {0}
