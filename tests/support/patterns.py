"""Hostile input for a regular expression, made from the expression itself, and the time that it takes."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import islice, product
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, AnyStr

Pattern = re.Pattern[Any]
Use = Callable[[Pattern, Any], object]

# How the package may use an expression; an iterator is read to its end.
USES: dict[str, Use] = {
    "match": lambda pattern, text: pattern.match(text),
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
    "search": lambda pattern, text: pattern.search(text),
    "sub": lambda pattern, text: pattern.sub(text[:0], text),
    "split": lambda pattern, text: pattern.split(text),
    "findall": lambda pattern, text: pattern.findall(text),
    "finditer": lambda pattern, text: sum(1 for _ in pattern.finditer(text)),
}
_FIRST, _LONGEST = 8, 1 << 16
# What takes no longer than this for so many characters is not quadratic, be its steps as short as those of memchr.
_MIDDLE, _LARGE, _QUICK = 1 << 10, 1 << 14, 0.0015
# Four times as many characters take four times as long, or sixteen times.
_GROWTH_BY_FOUR = 6
# Less than that is the noise of a busy machine; a quadratic search of 64,000 characters takes a second and more.
_NOTICEABLE = 0.02
_ENOUGH = 1.0
_ATTEMPTS = 3
# Twice as many characters take about twice as long, where the time is linear; four times, where it is quadratic.
_GROWTH = 2.9
# More pumps than these say no more of one expression.
_MOST = 150


def seconds(use: Use, pattern: Pattern, text: Any) -> float:
    """CPU seconds of one use, the least of two."""
    spent = []
    for _ in range(2):
        begun = time.thread_time()
        use(pattern, text)
        spent.append(time.thread_time() - begun)
        if spent[-1] > _ENOUGH:
            break
    return min(spent)


def superlinear(use: Use, pattern: Pattern, grow: Callable[[int], Any], attempts: int = _ATTEMPTS) -> str:
    """Why the time of growing inputs is no linear one; "" where it is, or once was.

    Args:
        grow: gives the input of a size.
    """
    why = ""
    for _ in range(attempts):
        why = _superlinear(use, pattern, grow)
        if not why:
            break
    return why


def _superlinear(use: Use, pattern: Pattern, grow: Callable[[int], Any]) -> str:
    before, in_a_row, size = 0.0, 0, _FIRST
    while size <= _LONGEST:
        if size == _MIDDLE and _is_quick(use, pattern, grow):
            return ""
        spent = seconds(use, pattern, grow(size))
        if size <= 64 and spent > _NOTICEABLE:  # few characters can take as long only where the time is exponential
            return f"{spent:.2f} s for {size} characters"
        in_a_row = in_a_row + 1 if before and spent > _NOTICEABLE and spent > _GROWTH * before else 0
        if in_a_row == 2 or spent > _ENOUGH:
            return f"{spent:.2f} s for {size:,} characters, {spent / max(before, 1e-9):.1f} times those of half as many"
        before, size = spent, size + 4 if size < 32 else size * 2
    return ""


def _is_quick(use: Use, pattern: Pattern, grow: Callable[[int], Any]) -> bool:
    """Whether two measurements alone show that the time is linear, as it nearly always is."""
    large = seconds(use, pattern, grow(_LARGE))
    return large < _QUICK or large < _GROWTH_BY_FOUR * seconds(use, pattern, grow(_LARGE // 4))


def attacks(pattern: Pattern) -> Iterator[tuple[str, Callable[[int], Any]]]:
    """Inputs that grow: what each repeat of an expression takes, again and again, after what it needs before that.

    Each ends as the expression may, and as it may not.
    """
    parsed = _parser.parse(pattern.pattern, pattern.flags & ~re.LOCALE)
    empty: Any = pattern.pattern[:0]

    def coded(text: str) -> Any:
        return text if isinstance(empty, str) else text.encode("latin-1", "ignore")

    pumps = dict.fromkeys(islice(_pumps(parsed), _MOST))
    chars = list(dict.fromkeys(_chars(parsed)))[:12]
    pumps |= dict.fromkeys(("", char, "") for char in [*chars, "a", "0", " ", "\n"])
    pumps |= dict.fromkeys(("", one + other, "") for one, other in product(chars[:6], chars[:6]) if one != other)
    for before, pump, after in pumps:
        if not coded(pump):
            continue
        for end in dict.fromkeys(("", after, "!", "\n", "\0", after + "!")):
            yield f"{before[:20]!r} {pump[:20]!r}… {end!r}", _repeated(coded(before), coded(pump), coded(end))
        if before:
            yield f"({before[:20]!r} {pump[:20]!r})…", _repeated(empty, coded(before + pump), empty)
            yield f"({before[:20]!r} {pump[:20]!r}!)…", _repeated(empty, coded(before + pump + "!"), empty)


def _repeated(before: AnyStr, pump: AnyStr, end: AnyStr) -> Callable[[int], AnyStr]:
    def grow(size: int) -> AnyStr:
        return before + pump * max(1, (size - len(before) - len(end)) // len(pump)) + end

    return grow


def _pumps(parsed: Any) -> Iterator[tuple[str, str, str]]:
    """For each repeat: a text that leads to it, one that it takes, and one that may follow."""
    whole = list(parsed)
    for index, (op, value) in enumerate(whole):
        before, after = _sample(whole[:index]), _sample(whole[index + 1 :])
        for inner in _inside(op, value):
            for lead, pump, rest in _pumps(inner):
                yield before + lead, pump, rest + after
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT) and value[1] > 8:
            for pump in dict.fromkeys(islice(_samples(value[2]), 12)):
                yield before, pump, after
                # The next part may take what this one takes.
                yield before + pump, _sample(whole[index + 1 :]), ""


def _inside(op: Any, value: Any) -> list[Any]:
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return [value[2]]
    if op is sre.SUBPATTERN:
        return [value[3]]
    if op is sre.BRANCH:
        return list(value[1])
    if op is sre.ATOMIC_GROUP:
        return [value]
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return [value[1]]
    return []


def _sample(parsed: Any) -> str:
    return next(iter(_samples(parsed)), "")


def _samples(parsed: Any) -> Iterator[str]:
    """Texts that a part of an expression takes: with each choice once, and each of some characters."""
    parts = [list(islice(_choices(op, value), 8)) or [""] for op, value in parsed]
    first = [part[0] for part in parts]
    yield "".join(first)
    for index, part in enumerate(parts):
        for other in part[1:]:
            yield "".join([*first[:index], other, *first[index + 1 :]])


def _choices(op: Any, value: Any) -> Iterator[str]:
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        for text in _samples(value[2]):
            yield text * max(value[0], 1)
            yield text * min(value[0] + 2, value[1])
        if value[0] == 0:
            yield ""
    elif op in (sre.ASSERT, sre.ASSERT_NOT, sre.AT):
        yield ""
    elif inner := _inside(op, value):
        for each in inner:
            yield from _samples(each)
    else:
        yield from _taken(op, value)


def _taken(op: Any, value: Any) -> Iterator[str]:
    if op is sre.LITERAL:
        yield chr(value)
    elif op is sre.NOT_LITERAL:
        yield from (char for char in "a0 -" if ord(char) != value)
    elif op is sre.ANY:
        yield from "a0 .\t"
    elif op is sre.IN:
        yield from _of_class(value)


_CATEGORIES = {
    sre.CATEGORY_DIGIT: "0",
    sre.CATEGORY_SPACE: " \n\t",
    sre.CATEGORY_WORD: "a0_",
    sre.CATEGORY_NOT_DIGIT: "a -",
    sre.CATEGORY_NOT_SPACE: "a0-",
    sre.CATEGORY_NOT_WORD: " -\n",
}


def _of_class(items: Any) -> Iterator[str]:
    if items and items[0][0] is sre.NEGATE:
        accepted = re.compile(_as_class(items[1:]), re.DOTALL)
        yield from (char for char in "a0 -.:/@\"'<(\n\tA_#=\\" if not accepted.fullmatch(char))
        return
    for op, value in items:
        if op is sre.LITERAL:
            yield chr(value)
        elif op is sre.RANGE:
            yield chr(value[0])
            yield chr(value[1])
        elif op is sre.CATEGORY:
            yield from _CATEGORIES[value]


def _as_class(items: Any) -> str:
    names = {sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_SPACE: r"\s", sre.CATEGORY_WORD: r"\w"}
    names |= {sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_NOT_WORD: r"\W"}
    parts = []
    for op, value in items:
        if op is sre.LITERAL:
            parts.append(re.escape(chr(value)))
        elif op is sre.RANGE:
            parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
        elif op is sre.CATEGORY:
            parts.append(names[value])
    return f"[{''.join(parts)}]"


def _chars(parsed: Any) -> Iterator[str]:
    """Every character that an expression names."""
    for op, value in parsed:
        yield from _taken(op, value)
        for inner in _inside(op, value):
            yield from _chars(inner)
