"""Whether a ref's whole name is one that a pattern of ours means."""

import re
from functools import cache

_TOKEN = re.compile(r"\\(.)|(\*)|([^\\*]+)", re.DOTALL)


def means(pattern: str, ref: str) -> bool:
    r"""Whether a pattern means a ref: a star stands for any text, slashes included, and a backslash for itself.

    `git ls-remote` matches patterns with the *end* of names (git-ls-remote(1)): `HEAD` also lists
    `refs/heads/any/HEAD`, which everybody with the right to push some branch can create.
    """
    first, *others = _pieces(pattern)
    if not others:
        return ref == first
    last = others.pop()
    at, end = len(first), len(ref) - len(last)
    if not (ref.startswith(first) and ref.endswith(last) and at <= end):
        return False
    for piece in others:
        found = ref.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


@cache
def _pieces(pattern: str) -> tuple[str, ...]:
    """The literal texts between the stars."""
    pieces = [""]
    for escaped, star, plain in _TOKEN.findall(pattern):
        if star:
            pieces.append("")
        else:
            pieces[-1] += escaped or plain
    return tuple(pieces)
