"""The releases, where only commits are compared: tags that are not here are fetched, or the version is unknown."""

from collections.abc import Callable
from contextlib import suppress

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.observe.git.checkout import why_tags_may_lack
from jetscale_cicd.observe.git.releases import Releases


def known_releases(context: RunContext, find: Callable[[bool], Releases]) -> tuple[Releases, str]:
    """The releases, and why others may exist; "" where none can.

    Args:
        find: finds them; the remote is asked where it gets True.
    """
    request = context.request
    found = find(not request.compares_only)
    if not request.compares_only or found.latest:
        return found, ""
    lacking = why_tags_may_lack(context.repository, truncated=not found.certain, in_ci=request.event.ci != "local")
    if lacking and request.network:
        with suppress(CannotTellError):
            return find(True), ""
    return found, lacking


def version_unknown(context: RunContext, lacking: str) -> CannotTellError:
    """The error of a comparison whose latest release may be one that this clone lacks."""
    online = "" if context.request.network else "; or let it ask the remote: simulate --online"
    return CannotTellError(
        "VERSION_UNKNOWN",
        f"which release this change follows is not known: {lacking}, and release tags may be missing in it",
        where=str(context.repository.git.root),
        hint=f"check out with the whole history and its tags: {context.repository.whole_history}{online}",
    )
