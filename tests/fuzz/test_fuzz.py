"""Foreign content never ends in a traceback, takes no second and no gigabyte: found inputs, and thousands of made ones.

The made ones are the same each time; ``FUZZ_SEED`` gives others, and ``FUZZ_INPUTS`` more or fewer.
"""

from pathlib import Path

import pytest

from tests.fuzz.boundaries import BOUNDARIES
from tests.fuzz.corpus import FOUND, Found
from tests.fuzz.running import INPUTS, SEED, call, inputs, share, shown


@pytest.mark.parametrize("found", FOUND, ids=[f"{number} {each.boundary}" for number, each in enumerate(FOUND)])
def test_what_was_found_once_is_mended(found: Found) -> None:
    content = found.content
    assert call(BOUNDARIES[found.boundary], content).wrong == "", f"{found.did}; {shown(content)}"


def test_the_same_seed_makes_the_same_inputs() -> None:
    for name in BOUNDARIES:
        assert list(inputs(name, 7, 20)) == list(inputs(name, 7, 20))
        assert list(inputs(name, 7, 20)) != list(inputs(name, 8, 20))


def test_a_run_has_ten_thousand_inputs() -> None:
    assert sum(map(share, BOUNDARIES)) >= INPUTS
    assert INPUTS >= 10_000


@pytest.mark.fuzz
@pytest.mark.parametrize("name", BOUNDARIES)
def test_no_input_breaks(name: str, tmp_path: Path) -> None:
    for number, content in enumerate(inputs(name, SEED, share(name))):
        outcome = call(BOUNDARIES[name], content)
        if outcome.wrong:
            kept = tmp_path / "input"
            kept.write_bytes(content)
            pytest.fail(
                f"{outcome.wrong}\ninput {number} of seed {SEED}, kept in {kept}: {shown(content)}", pytrace=False
            )
