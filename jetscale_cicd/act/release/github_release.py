"""The step github-release: a Release with the notes of a tag; its failure is only a warning."""

from collections.abc import Mapping

from jetscale_cicd.tools.github import create_release, find_token
from jetscale_cicd.tools.process import Processes

_CANNOT_LOG_IN = "neither GH_TOKEN nor GITHUB_TOKEN is set, and gh has no token"


def release_on_github(
    page: str, tag: str, notes: str, processes: Processes, env: Mapping[str, str]
) -> tuple[bool, str]:
    """Create the Release of a tag, unless there is one or no token; return whether it is new, and its page or why not.

    Args:
        page: ``https://host/owner/name``.

    Raises:
        PublishError: GitHub refused it, or did not answer.
    """
    token = find_token(page.split("/")[2], processes, env)
    if token is None:
        return False, _CANNOT_LOG_IN
    is_new = create_release(page, tag, notes, token, processes.redact)
    address = f"{page}/releases/tag/{tag}"
    return is_new, address if is_new else f"{address} exists already"
