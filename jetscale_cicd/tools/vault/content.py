"""What the value of an entry holds, without saying anything of it but names that the contract has already.

Of a value that is no JSON object nothing is said, not even where it fails to be one: that would tell its length. A key
that the contract does not name may be a secret that was pasted in the wrong place; it is named only where it differs
from a missing one in two characters at most, so that no more than those are told.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.model.vault import Near, VaultState
from jetscale_cicd.tools.vault.found import Found

# AWS keeps 64 KiB, and Vault 1 MiB.
MAX_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_JOINTS = re.compile(r"[_.-]")
# Of an object with more keys the rest is not searched for spellings.
_MAX_SEARCHED = 1000
_MAX_DIFFERENCE = 2
# Of a shorter name two characters are much of it.
_MIN_CHARS = 6
_BYTE_ORDER_MARK = "\ufeff"


class _Object(list[tuple[str, Any]]):
    """The keys and values of an object, those of equal keys too."""


def examine(value: bytes | str, keys: tuple[str, ...], may_be_empty: tuple[str, ...]) -> Found:
    """Whether a text is a JSON object that has these keys, with content."""
    try:
        document = read_json(value, max_bytes=MAX_BYTES, pairs=_Object)
    except JsonRefused:
        return _not_json("it is no JSON")
    if value[:1] == _BYTE_ORDER_MARK or value[:3] == _BYTE_ORDER_MARK.encode():
        return _not_json("it begins with a byte order mark, which not every reader of JSON takes")
    if not isinstance(document, _Object):
        return _not_json(_kind(document))
    return examine_object(document, keys, may_be_empty)


def examine_object(pairs: list[tuple[str, Any]], keys: tuple[str, ...], may_be_empty: tuple[str, ...]) -> Found:
    """The same of the keys and values of an object."""
    held = dict(pairs)
    if len(held) < len(pairs):
        return _not_json(_doubled(pairs, keys))
    missing = tuple(key for key in keys if key not in held)
    empty = tuple(key for key in keys if key in held and key not in may_be_empty and _is_empty(held[key]))
    near = tuple(_near(missing, (key for key in held if key not in keys)))
    if missing:
        return Found(state=VaultState.KEY_MISSING, missing=missing, near=near, empty=empty)
    return Found(state=VaultState.KEY_EMPTY if empty else VaultState.MET, empty=empty)


def _not_json(why: str) -> Found:
    return Found(state=VaultState.NOT_JSON, why=why)


def _kind(document: object) -> str:
    if isinstance(document, str):
        return "it is a JSON string, maybe an object that was encoded twice"
    return "it is a JSON list" if isinstance(document, list) else "it is a JSON number, boolean or null"


def _doubled(pairs: list[tuple[str, Any]], keys: tuple[str, ...]) -> str:
    """A key that is there twice, which one reader takes from the first place and another from the last."""
    names = [key for key, _ in pairs]
    known = [key for key in keys if names.count(key) > 1]
    which = ", ".join(known) if known else "a key that the contract does not name"
    return f"it has {which} more than once, and readers differ in which of them they take"


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _near(missing: tuple[str, ...], others: Iterable[str]) -> Iterator[Near]:
    names = [key for _, key in zip(range(_MAX_SEARCHED), others, strict=False)]
    for wanted in missing:
        for name in names:
            if name != wanted and name.strip() == wanted:
                yield Near(missing=wanted, found=f"{wanted} with blanks around it")
                break
            if _NAME.fullmatch(name) and _is_near(wanted, name):
                yield Near(missing=wanted, found=name)
                break


def _is_near(wanted: str, name: str) -> bool:
    if _JOINTS.sub("", wanted).casefold() == _JOINTS.sub("", name).casefold():
        return True
    if len(wanted) < _MIN_CHARS or abs(len(wanted) - len(name)) > _MAX_DIFFERENCE:
        return False
    return _differences(wanted, name) <= _MAX_DIFFERENCE


def _differences(one: str, other: str) -> int:
    """How many characters have to be added, left out or replaced to make one of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for at, left in enumerate(one, 1):
        before, row[0] = row[0], at
        for place, right in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (left != right))
    return row[-1]
