"""Two texts that say the same of two targets: alike but for the names of either target, such as its namespace."""

import re
from collections.abc import Iterable, Iterator

from jetscale_cicd.model.record import frozen

_WORD = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]")
# Ends at which a text can be read up to a word of the other one; each name in a text can be read in two ways.
_MOST_ENDS = 64

_Words = tuple[str, ...]


@frozen(kw_only=True)
class Who:
    """What one target is called: as a target, on its cluster, and by its values; "" where it has no such name."""

    name: str
    namespace: str
    release: str
    client_name: str = ""
    env: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, always in this order."""
        prefix = f"{self.client_name}-{self.env}" if self.client_name and self.env else ""
        return (self.name, self.namespace, self.release, self.client_name, self.env, prefix)


@frozen
class Names:
    """The names of two targets, word by word: by the first word of the one's all that it may be in the other."""

    pairs: dict[str, tuple[tuple[_Words, _Words], ...]]

    @classmethod
    def of(cls, one: Who, other: Who) -> "Names":
        """Pair the names that differ; also as charts write them in capitals."""
        found: dict[str, dict[tuple[_Words, _Words], None]] = {}
        for mine, theirs in zip(one.names, other.names, strict=True):
            if mine and theirs and mine != theirs:
                for form in (str, str.upper, str.capitalize):
                    pair = (_words(form(mine)), _words(form(theirs)))
                    found.setdefault(pair[0][0], {})[pair] = None
        return cls({first: tuple(pairs) for first, pairs in found.items()})

    def same(self, one: str, other: str) -> bool:
        """Whether the texts are alike but for the names, each in place of the other target's, as whole words."""
        if one == other:
            return True
        left, right = _words(one), _words(other)
        ends: dict[int, set[int]] = {0: {0}}
        for at in range(len(left)):
            for end in sorted(ends.pop(at, ()))[:_MOST_ENDS]:
                for mine, theirs in self._readings(left, at):
                    if right[end : end + len(theirs)] == theirs:
                        ends.setdefault(at + len(mine), set()).add(end + len(theirs))
            if not ends:
                return False
        return len(right) in ends.get(len(left), ())

    def _readings(self, words: _Words, at: int) -> Iterator[tuple[_Words, _Words]]:
        """What may stand here: the same word in both texts, or a name of the one and its counterpart."""
        yield words[at : at + 1], words[at : at + 1]
        for mine, theirs in self.pairs.get(words[at], ()):
            if words[at : at + len(mine)] == mine:
                yield mine, theirs

    def paired(self, ones: Iterable[str], others: Iterable[str]) -> Iterator[tuple[str | None, str | None]]:
        """The names of things that both targets have, which may be called after the target; None where one lacks it."""
        left, right = set(ones), set(others)
        yield from ((name, name) for name in sorted(left & right))
        waiting = self._by_rest(right - left)
        for name in sorted(left - right):
            candidates = waiting.get(self._rest(name), [])
            match = next((each for each in candidates if self.same(name, each)), None)
            if match is not None:
                candidates.remove(match)
            yield name, match
        yield from ((None, name) for name in sorted(each for rest in waiting.values() for each in rest))

    def _by_rest(self, names: set[str]) -> dict[_Words, list[str]]:
        found: dict[_Words, list[str]] = {}
        for name in sorted(names):
            found.setdefault(self._rest(name), []).append(name)
        return found

    def _rest(self, text: str) -> _Words:
        """A text without every word of the names: texts that are the same have it in common."""
        known = {word for pairs in self.pairs.values() for pair in pairs for words in pair for word in words}
        return tuple(word for word in _words(text) if word not in known)


def common(one: str, other: str | None = None) -> str:
    """The name of a thing that either target has under another: what both begin and end with, around a ``*``."""
    if other is None or one == other:
        return one
    left, right = list(_words(one)), list(_words(other))
    before = _shared(left, right)
    after = _shared(left[len(before) :][::-1], right[len(before) :][::-1])[::-1]
    return "".join([*before, "*", *after])


def _shared(one: list[str], other: list[str]) -> list[str]:
    size = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    return one[: min(len(one), len(other)) if size is None else size]


def _words(text: str) -> _Words:
    return tuple(_WORD.findall(text))
