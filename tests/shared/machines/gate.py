"""Stopping what runs at a crash point: `shared.crash.at`, told by a test what to do there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared import crash


class Cut(ConnectionResetError):
    """The connection to the database was lost right here."""


class Gate:
    """At a point somebody stands still until the gate opens, or loses their connection, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._frozen: dict[str, asyncio.Task[Any] | None] = {}
        self._lost: set[str] = set()
        self._watched: dict[str, Callable[[], Awaitable[None]]] = {}
        self._doors: dict[asyncio.Task[Any], asyncio.Event] = {}
        self._came = asyncio.Event()
        self.held: dict[asyncio.Task[Any], str] = {}
        """Who stands still where."""
        monkeypatch.setattr(crash, "at", self._at)

    def freeze(self, point: str, whom: asyncio.Task[Any] | None = None) -> None:
        """*whom*, or whoever comes to *point* next, stands still there."""
        self._frozen[point] = whom

    def lose(self, point: str) -> None:
        """Whoever comes to *point* next has lost their connection."""
        self._lost.add(point)

    def watch(self, point: str, look: Callable[[], Awaitable[None]]) -> None:
        """Look whenever somebody comes to *point*."""
        self._watched[point] = look

    def open(self) -> None:
        """Nobody is kept any more, and nobody who comes."""
        self._frozen.clear()
        self._lost.clear()
        for task in self.held:
            self.release(task)

    def release(self, task: asyncio.Task[Any]) -> None:
        """*task* goes on, if it stands still."""
        if task in self._doors:
            self._doors[task].set()

    async def _at(self, point: str) -> None:
        if look := self._watched.get(point):
            await look()
        task = asyncio.current_task()
        assert task
        if point in self._lost:
            self._lost.remove(point)
            raise Cut
        if point not in self._frozen or self._frozen[point] not in (None, task):
            return
        del self._frozen[point]
        self.held[task] = point
        self._doors[task] = asyncio.Event()
        self._came.set()
        try:
            await self._doors[task].wait()
        finally:
            del self.held[task], self._doors[task]

    async def held_or_done(self, task: asyncio.Task[Any], seconds: float = 30.0) -> bool:
        """Return once *task* stands still somewhere, is through, or has gone on for so long; whether it stands."""
        until = asyncio.get_running_loop().time() + seconds
        while not task.done() and task not in self.held and asyncio.get_running_loop().time() < until:
            self._came.clear()
            came = asyncio.create_task(self._came.wait())
            await asyncio.wait({task, came}, return_when=asyncio.FIRST_COMPLETED, timeout=seconds)
            came.cancel()
        return task in self.held
