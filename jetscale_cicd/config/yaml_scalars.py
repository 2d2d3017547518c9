"""What a scalar of YAML is to Helm and Kubernetes: the one place that says so, for every reader of YAML here.

Both read YAML through sigs.k8s.io/yaml, that is go-yaml v2 and then JSON (measured with helm 3.17.3 and 4.3.1, and
compared with them by ``tests/agreement/test_yaml.py``). It is YAML 1.1 with ``y``, ``on`` and octals such as ``017``;
and with ``0o17`` of YAML 1.2. It has no sexagesimals and no value key ``=``; a date and an unknown tag are strings.
"""

import math
import re
import struct

TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_NUMBER_BEGINS = frozenset("+-.0123456789")
# Patterns are compiled when a number is first read: a configuration holds few.
# Go's strconv.ParseInt with base 0, underscores removed before; the last form is go-yaml's own.
_INTEGER = r"([-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
_SIGNED_AFTER_PREFIX = r"0b([-+][01]+)"
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
# Go's strconv.ParseFloat, which go-yaml asks where the text begins with a point, reads single underscores.
_POINT_FLOAT = r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?"
_TIMESTAMP = (
    r"[0-9]{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12][0-9]|3[01])"
    r"(?:(?:[Tt][0-9:.]+(?:Z|[-+][0-9]{2}:[0-9]{2}))|(?: [0-9:.]+))?"
)
_MIN_INT, _MAX_INT, _MAX_UINT = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1
# Longer digits are above every float; Python refuses to convert thousands of them (sys.set_int_max_str_digits).
_MAX_DIGITS = 400
# After the first one: with nine in all, every 32-bit number is told from the others.
_SINGLE_DIGITS = 8
_SINGLE = struct.Struct("f")

Value = str | int | float | bool | None


class NotOfItsTagError(ValueError):
    """A scalar whose tag Helm cannot apply to it."""


def plain(text: str) -> Value:
    """What Helm reads plain text as, without quotes and without a tag; NaN and infinity too, which JSON lacks."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_BEGINS:
        return text
    if text[0] == ".":
        return _as_float(text.replace("_", ""), text) if re.fullmatch(_POINT_FLOAT, text) else text
    digits = text.replace("_", "")
    whole = _integer(digits)
    if whole is not None:
        return whole
    return _as_float(digits, text) if re.fullmatch(_FLOAT, digits) else text


def tagged(tag: str, text: str) -> Value:
    """What Helm reads text with an explicit tag as; an unknown tag, and ``!``, make a string.

    Raises:
        NotOfItsTagError: Helm refuses it.
    """
    kind = tag.removeprefix(TAG) if tag.startswith(TAG) else ""
    if kind == "binary":
        return _binary(text)
    if kind == "timestamp":
        return _timestamp(text)
    wanted = {"bool": (bool,), "int": (int,), "float": (float, int), "null": (type(None),)}.get(kind)
    if wanted is None:
        return text
    value = plain(text)
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "bool"):
        raise NotOfItsTagError(f"it is not of its tag !!{kind}")
    return float(value) if kind == "float" and isinstance(value, int) else value


def kind_of(value: Value) -> str:
    """The short tag of a value."""
    names: dict[type, str] = {bool: "bool", int: "int", float: "float", type(None): "null"}
    return names.get(type(value), "str")


def key_text(value: Value) -> str | None:
    """The string that Helm makes of a mapping's key; None where it refuses the key.

    A float has the digits of its 32-bit rounding, as in Go's ``FormatFloat(key, 'g', -1, 32)``.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value <= _MAX_INT else None
    if isinstance(value, float):
        return _key_of_float(value)
    return value


def _integer(digits: str) -> int | None:
    match = re.fullmatch(_INTEGER, digits)
    if match is None:
        signed = re.fullmatch(_SIGNED_AFTER_PREFIX, digits)
        return int(signed[1], 2) if signed and len(digits) <= _MAX_DIGITS else None
    kind = match.lastgroup or "dec"
    if len(digits) > _MAX_DIGITS:
        return None
    value = int(match[1] + match[kind], _BASES[kind])
    limit = _MAX_INT if match[1] else _MAX_UINT  # an unsigned integer has no sign
    return value if _MIN_INT <= value <= limit else None


def _as_float(digits: str, text: str) -> float | str:
    """The number; the text itself where it is out of range."""
    value = float(digits)
    return text if math.isinf(value) else value


def _binary(text: str) -> str:
    import base64
    import binascii

    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):  # not base64; not ASCII
        raise NotOfItsTagError("it is not base64, as its tag !!binary says") from None


def _timestamp(text: str) -> str:
    if not re.fullmatch(_TIMESTAMP, text):
        raise NotOfItsTagError("it is not of its tag !!timestamp")
    return text


def _key_of_float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    rounded = math.copysign(_single(repr(abs(value))), value)
    if math.isinf(rounded):
        return ".inf" if rounded > 0 else "-.inf"
    size = min(len(repr(abs(value)).partition("e")[0]), _SINGLE_DIGITS)  # so many digits are enough; fewer may be
    while size > 0 and _single(f"{rounded:.{size - 1}e}") == rounded:
        size -= 1
    shortest = f"{rounded:.{size}e}"
    mantissa, _, exponent = shortest.partition("e")
    if not -4 <= int(exponent) < 6:  # Go's threshold for the shortest form
        return shortest
    decimals = len(mantissa.partition(".")[2]) - int(exponent)
    return f"{float(shortest):.{max(decimals, 0)}f}"


def _single(text: str) -> float:
    """The number in 32 bits, as Go rounds it."""
    try:
        single: float = _SINGLE.unpack(_SINGLE.pack(float(text)))[0]
    except OverflowError:
        return float("inf")
    return single
