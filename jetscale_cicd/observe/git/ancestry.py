"""Which commit descends from which; near ones are found in the commits themselves, without a process."""

from jetscale_cicd.observe.git.store import ObjectStore

# Steps back from the newer commit: a release, and what is deployed, are nearly always a few commits behind.
_NEAR = 16


def is_ancestor(store: ObjectStore, older: str, newer: str) -> bool:
    """Whether ``older`` is ``newer`` or one of its ancestors.

    Raises:
        CannotTellError: ``GIT_FAILED``.
    """
    if older == newer:
        return True
    known = store.ancestry
    if known.get((newer, older)):
        return False  # no commit descends from its own descendant
    if (older, newer) not in known:
        found = None if store.shallow else _near(store, older, newer)
        answer = _asked(store, older, newer) if found is None else found
        if not answer and store.shallow:
            return False  # the rest of the history may come, and say otherwise
        known[older, newer] = answer
    return known[older, newer]


def _near(store: ObjectStore, older: str, newer: str) -> bool | None:
    """The answer where it is found in a few steps, else None."""
    seen, tips = {newer}, {newer}
    for _ in range(_NEAR):
        parents = {parent for parents in store.parents(*tips).values() for parent in parents}
        if older in parents:
            return True
        tips = parents - seen
        seen |= tips
        if not tips:
            return False
        if len(seen) > 2 * _NEAR:
            break
    return None


def _asked(store: ObjectStore, older: str, newer: str) -> bool:
    arguments = ("merge-base", "--is-ancestor", older, newer)
    result = store.git.run(*arguments)
    if result.status not in (0, 1):
        raise store.git.failed(arguments, result)
    return result.status == 0
