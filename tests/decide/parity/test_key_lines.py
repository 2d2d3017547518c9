"""Each key of a values file has its line."""

import pytest

from jetscale_cicd.decide.parity.key_lines import key_lines

CASES = {
    "": {},
    "a: 1\nb:\n  c: 2\n": {("a",): 1, ("b",): 2, ("b", "c"): 3},
    "a: {b: {c: 1},\n  d: 2}\n": {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 1, ("a", "d"): 2},
    "a:\n- b: 1\n- c: {d: 1}\ne: 1\n": {("a",): 1, ("e",): 4},
    "a: &x {b: 1}\nc: *x\nd: 1\n": {("a",): 1, ("a", "b"): 1, ("c",): 2, ("d",): 3},
    "a: 1\na: 2\n": {("a",): 2},
    "# one\n\ntrue: 1\n": {("true",): 3},
    "- a: 1\n": {},
}


@pytest.mark.parametrize("text", CASES)
def test_a_key_outside_of_lists_has_the_line_of_its_last_writing(text: str) -> None:
    assert key_lines(text.encode(), "values.yaml") == CASES[text]
