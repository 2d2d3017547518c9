"""Which commit descends from which; near ones are found in the commits themselves, without a process."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetscale_cicd.observe.git.repository import Repository

# Steps back from the newer commit: a release, and what is deployed, are nearly always a few commits behind.
_NEAR = 16


def is_ancestor(repository: "Repository", older: str, newer: str) -> bool:
    """Whether ``older`` is ``newer`` or one of its ancestors.

    Raises:
        CannotTellError: ``GIT_FAILED``.
    """
    if older == newer:
        return True
    known = repository.ancestry
    if known.get((newer, older)):
        return False  # no commit descends from its own descendant
    if (older, newer) not in known:
        found = None if repository.shallow else _near(repository, older, newer)
        answer = _asked(repository, older, newer) if found is None else found
        if not answer and repository.shallow:
            return False  # the rest of the history may come, and say otherwise
        known[older, newer] = answer
    return known[older, newer]


def _near(repository: "Repository", older: str, newer: str) -> bool | None:
    """The answer where it is found in a few steps, else None."""
    seen, tips = {newer}, {newer}
    for _ in range(_NEAR):
        parents = {parent for parents in repository.parents(*tips).values() for parent in parents}
        if older in parents:
            return True
        tips = parents - seen
        seen |= tips
        if not tips:
            return False
        if len(seen) > 2 * _NEAR:
            break
    return None


def _asked(repository: "Repository", older: str, newer: str) -> bool:
    arguments = ("merge-base", "--is-ancestor", older, newer)
    result = repository.git.run(*arguments)
    if result.status not in (0, 1):
        raise repository.git.failed(arguments, result)
    return result.status == 0
