"""The line of a values file that says a name."""

import pytest

from jetscale_cicd.decide.needs.values_lines import find_in_values

FIRST = b"a: {b: [x, other]}\nname: db\n"
TABLE: dict[str, tuple[dict[str, bytes], str]] = {
    "a value": ({"a.yaml": FIRST}, "a.yaml:2"),
    "an item": ({"a.yaml": b"list:\n  - one\n  - db\n"}, "a.yaml:3"),
    "an item that is a mapping": ({"a.yaml": b"envFrom:\n  - secretRef:\n      name: db\n"}, "a.yaml:3"),
    "in quotes": ({"a.yaml": b"a: 'db'\n"}, "a.yaml:1"),
    "the file that wins": ({"a.yaml": FIRST, "b.yaml": b"db: no\n\nn: db\n"}, "b.yaml:3"),
    "the first one in it": ({"a.yaml": b"a: db\nb: db\n"}, "a.yaml:1"),
    "a key": ({"a.yaml": b"db: 1\n"}, ""),
    "a part of a text": ({"a.yaml": b"a: db-1\n"}, ""),
    "after a mapping as a value": ({"a.yaml": b"a: {b: {c: d}}\ndb: x\n"}, ""),
    "an anchor's value": ({"a.yaml": b"a: &n db\nb: *n\ndb: 1\n"}, "a.yaml:1"),
    "no YAML": ({"a.yaml": FIRST, "b.yaml": b"a: ["}, "a.yaml:2"),
    "no text": ({"a.yaml": b"\xff\xfe\x00"}, ""),
    "nothing": ({}, ""),
}


@pytest.mark.parametrize(("files", "expected"), TABLE.values(), ids=TABLE)
def test_a_name_is_found(files: dict[str, bytes], expected: str) -> None:
    assert find_in_values(files, "db") == expected


def test_nothing_is_nowhere() -> None:
    assert find_in_values({"a.yaml": b"a: ''\n"}, "") == ""
