"""Untrusted JSON as data, within bounds: the one reader of every answer, record and file that somebody else wrote.

``json.loads`` has no bounds: arrays in arrays end in a RecursionError, ``NaN`` and ``1e999`` are numbers to it that no
``int()`` takes, and half a surrogate pair is text to it that nothing can encode. What Go's encoding/json reads (helm,
kubectl, docker, registries), this reads to the same values.
"""

import json
import math
from collections.abc import Callable
from itertools import accumulate
from typing import Any

MAX_BYTES = 16 << 20
# Levels. The schema of a large CRD has about 60; recursive readers of the result need a few frames for each.
MAX_DEPTH = 200
# An empty object takes 64 bytes of memory for 3 of text.
MAX_VALUES = 1_000_000

_BRACKETS = b"[]{}"
_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in _BRACKETS + b",")
_LEVELS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_ESCAPE, _SURROGATE = b"\\u", b"\\ud"

Pairs = Callable[[list[tuple[str, Any]]], Any]


class JsonRefused(ValueError):  # noqa: N818 - a reader turns it into its own error
    """It is no JSON, or exceeds a limit; the text says which, and repeats nothing of the content."""


def read_json(content: bytes | str, *, max_bytes: int = MAX_BYTES, pairs: Pairs | None = None) -> Any:
    """The value that a JSON text stands for.

    Args:
        content: UTF-8, with a byte order mark or without.
        max_bytes: of the text.
        pairs: makes a value of the keys and values of an object, those of equal keys too; a dict by default.

    Raises:
        JsonRefused: it is no JSON, is too long, too deep, has too many values, or a number that is not finite.
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(raw) > max_bytes:
        raise JsonRefused(f"it is larger than {max_bytes:,} bytes")
    _check_structure(raw)
    try:
        value = json.loads(
            raw.decode("utf-8-sig"), parse_float=_finite, parse_constant=_no_constant, object_pairs_hook=pairs
        )
    except JsonRefused:
        raise
    except UnicodeDecodeError as bad:
        raise JsonRefused(f"it is not UTF-8 at byte {bad.start}") from None
    except json.JSONDecodeError as bad:
        raise JsonRefused(f"it is not JSON: {bad.msg} at line {bad.lineno} column {bad.colno}") from None
    except (ValueError, RecursionError):  # an integer of thousands of digits
        raise JsonRefused("it has a number that is too long") from None
    return _whole(value) if pairs is None and _ESCAPE in raw and _SURROGATE in raw.lower() else value


def _check_structure(raw: bytes) -> None:
    """Count levels and values without the parser: what stands in quotes is left out, and brackets and commas stay.

    Of a text that is no JSON it may count something else; up to its first error it counts right.
    """
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH and raw.count(b",") <= MAX_VALUES:
        return
    plain = raw.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in raw else raw
    structure = b"".join(plain.split(b'"')[::2]).translate(None, _NOT_STRUCTURE)
    if len(structure) - structure.count(b"]") - structure.count(b"}") > MAX_VALUES:
        raise JsonRefused(f"it has more than {MAX_VALUES:,} values")
    if max(accumulate(map(_LEVELS.__getitem__, structure.replace(b",", b""))), default=0) > MAX_DEPTH:
        raise JsonRefused(f"it is nested deeper than {MAX_DEPTH} levels")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonRefused("it has a number that is out of range")
    return value


def _no_constant(name: str) -> float:
    raise JsonRefused(f"it is not JSON: {name} is no number of JSON")


def _whole(value: Any) -> Any:
    """The same with U+FFFD for each half of a surrogate pair, as Go reads it; the depth is limited already."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(each) for key, each in value.items()}
    return value
