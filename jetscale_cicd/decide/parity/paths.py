"""Paths within values and objects, as they are shown and as an allow-list names them."""

from collections.abc import Iterable

from jetscale_cicd.model.shown import described, looks_secret

Path = tuple[str, ...]
_MOST_CHARS = 120


def dotted(path: Path) -> str:
    """Keys with dots between them, as `helm --set` has them; of an item of a list, ``[name]`` without one."""
    return "".join(part if part.startswith("[") else f".{_key(part)}" for part in path).removeprefix(".")


def _key(part: str) -> str:
    """A key; one that cannot be a key for people is described."""
    if len(part) > _MOST_CHARS or not part.isprintable() or looks_secret(part):
        return f"<{described(part)}>"
    return part.replace(".", "\\.")


def around(ids: Iterable[str]) -> frozenset[str]:
    """The ids, and those of everything that each is a part of."""
    found: set[str] = set()
    for each in ids:
        whole = each
        while whole and whole not in found:
            found.add(whole)
            whole = whole[: max(whole.rfind("."), whole.rfind("["), 0)]
    return frozenset(found)
