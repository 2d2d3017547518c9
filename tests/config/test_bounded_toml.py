"""TOML that somebody else wrote is read within limits of length, depth and keys."""

import tomllib
import tracemalloc

import pytest

from jetscale_cicd.config.bounded_toml import MAX_PARTS, TomlRefused, read_toml

HOSTILE = {
    "a key of 20,000 parts": ".".join("a" * 20_000) + " = 1",
    "a key of quoted parts": '"a".' * 20_000 + "b = 1",
    "a table of 20,000 parts": f"[{'.'.join('a' * 20_000)}]",
    "arrays in arrays": "a = " + "[" * 20_000,
    "tables in tables": "a = " + "{a = " * 20_000,
    "many keys": "".join(f"a{number} = 1\n" for number in range(25_000)),
    "many tables": "".join(f"[a{number}]\n" for number in range(25_000)),
    "many items": "a = [" + "[]," * 80_000 + "]",
    "a long file": "#" * 300_000,
    "a number of thousands of digits": "a = " + "1" * 200_000,
    "half a string": 'a = """' + '""\\' * 80_000,
    "a date that is none": "a = 2026-99-99",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_toml_is_refused_and_takes_little_memory(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TomlRefused):
            read_toml(text)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


# LITERAL stands for the quotes of a literal string of several lines.
ORDINARY = r'''
# [[[ a comment " with LITERAL quotes
a.b."c.d" = "e # [[[{{{ \" . . ." # more
f = 'its' # "
'g"' = '\'
h = """
. " "" \""" \\ [ # no comment """
i = """a""""" # ends with two quotes
j = LITERAL
. ' '' " [ \LITERAL
[tool.x]
k = [ { l = 1.5 }, 2026-01-01T00:00:00.5Z ] # ]
'''.replace("LITERAL", "'''")


def test_what_stands_in_texts_and_comments_is_no_structure() -> None:
    many = "\n".join(f'd{number} = "{"." * 200}" # {"[" * 100}' for number in range(100))
    text = ORDINARY + many
    assert read_toml(text) == tomllib.loads(text)


def test_a_key_may_have_as_many_parts_as_the_limit() -> None:
    assert read_toml(".".join("a" * MAX_PARTS) + " = 1")
    with pytest.raises(TomlRefused):
        read_toml(".".join("a" * (MAX_PARTS + 1)) + " = 1")
