"""One call of a boundary: what it raised that it may not, and how long it took."""

import os
import random
import resource
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from jetscale_cicd.errors import Stage6Error
from tests.fuzz.boundaries import BOUNDARIES
from tests.fuzz.boundary import Boundary

SEED = int(os.environ.get("FUZZ_SEED", "1"))
INPUTS = int(os.environ.get("FUZZ_INPUTS", "15000"))
SLOW = 1.0  # CPU seconds, so that a busy machine is nobody's fault
_MOST_MEMORY = 300 << 10  # KiB more than before, at once
_SHOWN = 3000


class Outcome(NamedTuple):
    """What an input did; ``wrong`` is "" where it did what it may."""

    wrong: str
    seconds: float


def call(boundary: Boundary, content: bytes) -> Outcome:
    """Give one input to a boundary."""
    before, begun, wrong = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time(), ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            boundary.call(content)
        except Exception as refused:  # noqa: BLE001 - whatever it is
            if not isinstance(refused, (Stage6Error, *boundary.raises)):
                wrong = traceback.format_exc(limit=-6)
            elif not _is_told(refused):
                wrong = f"it is refused without a word: {refused!r}"
    seconds = time.thread_time() - begun
    if seconds > SLOW:  # once more: the first call imports what it needs
        again = time.thread_time()
        with suppress(Exception):
            boundary.call(content)
        seconds = time.thread_time() - again
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if not wrong and seconds > SLOW:
        wrong = f"it took {seconds:.1f} s"
    if not wrong and grown > _MOST_MEMORY:
        wrong = f"it took {grown >> 10} MB"
    return Outcome(wrong, seconds)


def _is_told(refused: Exception) -> bool:
    return bool(refused.code and refused.message) if isinstance(refused, Stage6Error) else bool(str(refused))


def share(name: str) -> int:
    """How many inputs a boundary gets."""
    return -(-INPUTS * BOUNDARIES[name].weight // sum(each.weight for each in BOUNDARIES.values()))


def inputs(name: str, seed: int, count: int) -> Iterator[bytes]:
    """The inputs of a boundary; the same seed gives the same ones."""
    make = BOUNDARIES[name].mutator(random.Random(f"{seed} {name}"))
    return (make() for _ in range(count))


def shown(content: bytes) -> str:
    """An input for people."""
    text = repr(content)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(content):,} bytes)"
