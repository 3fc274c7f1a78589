"""How much each row may take, and where it says what it found."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.measured import Measured
from tests.bench.stage import Ground

FEW = 4  # letters


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of the bench, as a row sees it.

    `seconds` of load for one case, divided over `rounds` whose median counts. `scale` (0 to 1) shrinks what
    is counted in letters or recipients instead of seconds: 1 is the whole bench.
    """

    ground: Ground
    seconds: float
    rounds: int
    scale: float
    tell: Callable[[Measured], None]
    say: Callable[[str], None]
    until: float = math.inf  # of time.monotonic: whoever cannot be interrupted looks at it

    def check_time(self) -> None:
        """Raises: TimeoutError when the row has had its time."""
        if time.monotonic() > self.until:
            raise TimeoutError("the row has had its time")

    def warming(self, letters: int) -> int:
        """How many letters warm up; without processes there is only the code to try."""
        return letters if self.ground.is_real else min(letters, FEW)

    def scaled(self, number: int, least: int = 1) -> int:
        """So many of something, in this run."""
        return max(int(number * self.scale), least)
