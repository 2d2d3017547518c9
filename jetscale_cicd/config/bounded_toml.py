"""Untrusted TOML as data, within bounds that are checked before the parser of Python sees it.

``tomllib`` keeps a dictionary for each part of a dotted key and a tuple for each beginning of one: one key of 20,000
parts, 40 KB of text, took 2.4 GB (measured, Python 3.11).
"""

import re
from itertools import accumulate
from typing import Any

MAX_CHARS = 256 * 1024
# Parts of one key, and levels of arrays and inline tables; tool.semantic_release.branches.main.match has five.
MAX_PARTS = 32
MAX_DEPTH = 64
# Parts of all keys, each of which takes about a kilobyte of memory, and items of all arrays.
MAX_KEYS = 20_000

# Strings and comments, of which one may hold what looks like the others (https://toml.io/en/v1.0.0). Up to the first
# error of a text this takes for a string what the parser takes for one.
_TEXT = re.compile(
    r"""
    \"{3} (?: [^"\\] | \\. | "(?!"") )*+ "{3,5}
    | '{3} (?: [^'] | '(?!'') )*+ '{3,5}
    | " (?: [^"\\\n] | \\. )*+ "
    | ' [^'\n]*+ '
    | \#[^\n]*+
    """,
    re.DOTALL | re.VERBOSE,
)
_NESTING = re.compile(r"[^\[\]{}]+")
_BETWEEN_KEYS = re.compile(r"[=\n\[\]{},]")


class TomlRefused(ValueError):  # noqa: N818 - a reader turns it into its own error
    """It is no TOML, or exceeds a limit."""


def read_toml(text: str) -> dict[str, Any]:
    """The tables of a document.

    Raises:
        TomlRefused: it is no TOML, is too long, too deep, or has too many keys.
    """
    import tomllib

    if len(text) > MAX_CHARS:
        raise TomlRefused(f"it is larger than {MAX_CHARS:,} characters")
    _check_structure(text)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError, OverflowError) as wrong:
        raise TomlRefused(str(wrong)) from None


def _check_structure(text: str) -> None:
    plain = _TEXT.sub("_", text)
    if max((key.count(".") for key in _BETWEEN_KEYS.split(plain)), default=0) >= MAX_PARTS:
        raise TomlRefused(f"a key has more than {MAX_PARTS} parts")
    if sum(map(plain.count, "=.[,")) > MAX_KEYS:
        raise TomlRefused(f"it has more than {MAX_KEYS:,} keys and values")
    if max(accumulate(1 if each in "[{" else -1 for each in _NESTING.sub("", plain)), default=0) > MAX_DEPTH:
        raise TomlRefused(f"it is nested deeper than {MAX_DEPTH} levels")
