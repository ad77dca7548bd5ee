"""Rule-based machines over what is asynchronous: Hypothesis draws the steps in a thread, the test's loop takes them.

What a machine draws must not hang on how fast something was: no rule's precondition asks the system.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

HUNT = os.environ.get("DESMIGRATIF_TEST_EXAMPLES")
"""How many times as many examples as in every run. What fails is then made short: that takes minutes."""

_STEPS = 25
_STEP_SECONDS = 60.0

T = TypeVar("T")


class Machine(RuleBasedStateMachine):
    """One whose steps are coroutines of *loop*."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop

    well = True
    """Whether every step so far was taken."""

    def take(self, step: Coroutine[Any, Any, T]) -> T:
        """`wait`, and know whether it went well."""
        try:
            return self.wait(step)
        except BaseException:
            self.well = False
            raise

    def wait(self, step: Coroutine[Any, Any, T]) -> T:
        """Take one step, from the thread that draws; the machine stands still until it is through."""
        return asyncio.run_coroutine_threadsafe(step, self._loop).result(_STEP_SECONDS)


async def hunt(machine: Callable[[asyncio.AbstractEventLoop], Machine], *, examples: int, seed: int) -> None:
    """Let *machine* take its steps in as many *examples*; what fails is printed as a program."""
    loop = asyncio.get_running_loop()

    def made() -> Machine:
        return machine(loop)

    made._hypothesis_internal_use_seed = seed  # type: ignore[attr-defined]  # as `hypothesis.seed` says it of a class
    await asyncio.to_thread(
        run_state_machine_as_test,
        made,  # type: ignore[arg-type]  # any callable will do
        settings=settings(
            max_examples=examples * int(HUNT or 1),
            stateful_step_count=_STEPS,
            deadline=None,
            phases=[Phase.reuse, Phase.generate, *([Phase.shrink] if HUNT else [])],
            # A step asks real servers.
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
