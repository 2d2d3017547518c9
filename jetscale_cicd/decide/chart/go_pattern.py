"""Patterns of Go's ``filepath.Match``, which reads bytes and does not backtrack over the first match of a chunk."""

import re
from functools import lru_cache
from itertools import groupby

from jetscale_cicd.model.record import frozen

_REPLACEMENT = 0xFFFD  # what Go decodes from a byte that is not UTF-8, one byte at a time
_SLASH, _STAR, _QUESTION, _OPEN, _CLOSE, _DASH, _ESCAPE = b"/*?[]-\\"
NEVER = "(?!)"


class _BadPatternError(Exception):
    """Go's ErrBadPattern."""


@frozen
class _Class:
    """A character class: characters in the ranges or, negated, outside them; ``?`` is the class of all but ``/``."""

    negated: bool
    ranges: tuple[tuple[int, int], ...]

    def accepts(self, rune: int) -> bool:
        """Unlike ``?`` and ``*``, a class may accept ``/``."""
        return any(low <= rune <= high for low, high in self.ranges) is not self.negated


_ANY = _Class(negated=True, ranges=((_SLASH, _SLASH),))


@frozen
class Chunk:
    """The literal bytes and classes between two stars, and whether a star precedes them."""

    star: bool
    elements: tuple[int | _Class, ...]

    def end(self, name: bytes, at: int) -> int | None:
        """Return where a match that begins at ``at`` ends; None where there is none."""
        for element in self.elements:
            if at >= len(name):
                return None
            if isinstance(element, int):
                width, accepted = 1, name[at] == element
            else:
                rune, width = _decode(name, at)
                accepted = element.accepts(rune)
            if not accepted:
                return None
            at += width
        return at

    @property
    def regex(self) -> str:
        """The equivalent regular expression, for names that are all ASCII."""
        star = ("[^/]*?" if self.elements else "[^/]*") if self.star else ""
        parts = ((part, len(list(same))) for part, same in groupby(map(_element_regex, self.elements)))
        return star + "".join(part if count == 1 else f"{part}{{{count}}}" for part, count in parts)


Pattern = tuple[Chunk, ...]


def _element_regex(element: int | _Class) -> str:
    if isinstance(element, int):
        return re.escape(chr(element)) if element < 128 else NEVER
    return _class_regex(element)


@lru_cache(maxsize=256)
def _class_regex(element: _Class) -> str:
    """The accepted ASCII characters, each run of them as a range."""
    accepted = [rune for rune in range(128) if element.accepts(rune)]
    begins = (rune for rune in accepted if rune - 1 not in accepted)
    ends = (rune for rune in accepted if rune + 1 not in accepted)
    runs = (f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in zip(begins, ends, strict=True))
    return f"[{''.join(runs)}]" if accepted else NEVER


def _decode(data: bytes, at: int) -> tuple[int, int]:
    """Return the character at ``at`` and its width in bytes, as Go's utf8.DecodeRune."""
    if data[at] < 128:
        return data[at], 1
    for width in (2, 3, 4):
        try:
            return ord(data[at : at + width].decode()), width
        except (UnicodeDecodeError, TypeError):  # TypeError: more than one character
            continue
    return _REPLACEMENT, 1


def parse_pattern(pattern: bytes) -> tuple[Pattern, bool]:
    """Return the chunks, and whether the pattern is valid; reading stops at a malformed chunk."""
    chunks = []
    at = 0
    try:
        while at < len(pattern):
            star = pattern[at] == _STAR
            at += star
            elements: list[int | _Class] = []
            while at < len(pattern) and pattern[at] != _STAR:
                element, at = _parse_element(pattern, at)
                elements.append(element)
            chunks.append(Chunk(star, tuple(elements)))
    except _BadPatternError:
        return tuple(chunks), False
    return tuple(chunks), True


def _parse_element(pattern: bytes, at: int) -> tuple[int | _Class, int]:
    match pattern[at]:
        case byte if byte == _OPEN:
            return _parse_class(pattern, at + 1)
        case byte if byte == _QUESTION:
            return _ANY, at + 1
        case byte if byte == _ESCAPE:
            if at + 1 == len(pattern):
                raise _BadPatternError
            return pattern[at + 1], at + 2
        case byte:
            return byte, at + 1


def _parse_class(pattern: bytes, at: int) -> tuple[_Class, int]:
    negated = pattern[at : at + 1] == b"^"
    at += negated
    ranges: list[tuple[int, int]] = []
    while not ranges or pattern[at] != _CLOSE:
        low, at = _parse_bound(pattern, at)
        high = low
        if pattern[at] == _DASH:
            high, at = _parse_bound(pattern, at + 1)
        ranges.append((low, high))
    return _Class(negated, tuple(ranges)), at + 1


def _parse_bound(pattern: bytes, at: int) -> tuple[int, int]:
    """Return one end of a range; the pattern may not end with it."""
    if pattern[at : at + 1] in (b"", b"-", b"]"):
        raise _BadPatternError
    at += pattern[at] == _ESCAPE
    if at >= len(pattern):
        raise _BadPatternError
    rune, width = _decode(pattern, at)
    at += width
    if at >= len(pattern) or (rune == _REPLACEMENT and width == 1):
        raise _BadPatternError
    return rune, at


def matches(chunks: Pattern, name: bytes, *, whole: bool = True) -> bool:
    """Go's filepath.Match: a star consumes bytes, not characters, and the first match of its chunk is final.

    Args:
        whole: the last chunk has to match up to the end of the name; otherwise the chunks have to match a prefix.
    """
    at = 0
    for number, chunk in enumerate(chunks, 1):
        last = whole and number == len(chunks)
        if chunk.star and not chunk.elements:
            return _SLASH not in name[at:]
        end = chunk.end(name, at)
        while end is None or (last and end != len(name)):
            if not chunk.star or at >= len(name) or name[at] == _SLASH:
                return False
            at += 1
            end = chunk.end(name, at)
        at = end
    return not whole or at == len(name)
