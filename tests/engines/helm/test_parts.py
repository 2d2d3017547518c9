"""The parts of a step follow one another, and together take as long as what was timed."""

from collections.abc import Sequence
from contextlib import suppress

import pytest

from jetscale_cicd.engines.helm import parts as module
from jetscale_cicd.engines.helm.parts import StepParts
from jetscale_cicd.model.outcome import PartName


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that shows the sum of these."""
    passed: list[float] = []

    class Time:
        @staticmethod
        def monotonic() -> float:
            return sum(passed)

    monkeypatch.setattr(module, "time", Time)
    return passed


def taken(parts: StepParts) -> Sequence[tuple[str, float]]:
    return [(str(part.name), part.seconds) for part in parts.take()]


def test_each_part_has_its_time_also_one_that_fails(clock: list[float]) -> None:
    parts = StepParts()
    with parts.timed(PartName.OBJECTS):
        clock.append(3)
    clock.append(1)  # between two parts
    with suppress(ValueError), parts.timed(PartName.PROBE):
        clock.append(4)
        raise ValueError
    assert taken(parts) == [("objects", 3), ("probe", 4)]
    assert taken(parts) == []


@pytest.mark.parametrize(("last", "found"), [(2, (3, 2)), (9, (0, 5))])
def test_a_part_may_end_with_another_one_within_its_time(
    clock: list[float], last: float, found: tuple[float, float]
) -> None:
    parts = StepParts()
    with parts.timed(PartName.OBJECTS):
        clock.append(5)
        parts.ended_with(PartName.SETTLE, last)
    with parts.timed(PartName.PROBE):
        clock.append(1)
    assert taken(parts) == [("objects", found[0]), ("settle", found[1]), ("probe", 1)]
