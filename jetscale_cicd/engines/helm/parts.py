"""How long each part of a step took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jetscale_cicd.model.outcome import PartName, StepPart


@dataclass
class StepParts:
    """The parts of a step so far, one after the other, so that together they take no longer than the step."""

    done: list[StepPart] = field(default_factory=list)
    _end: dict[PartName, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: PartName) -> Iterator[None]:
        """A part, until the end of the block, however it ends."""
        begun = time.monotonic()
        self._end.clear()
        try:
            yield
        finally:
            seconds = time.monotonic() - begun
            last = min(sum(self._end.values()), seconds)
            self.done.append(StepPart(name=name, seconds=seconds - last))
            self.done.extend(StepPart(name=end, seconds=last) for end in self._end)

    def ended_with(self, name: PartName, seconds: float) -> None:
        """The last seconds of the part that is timed now are a part of their own."""
        self._end = {name: seconds}

    def take(self) -> tuple[StepPart, ...]:
        """Those of the step that ends now; the next one begins without any."""
        taken, self.done = tuple(self.done), []
        return taken
