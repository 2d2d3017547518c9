"""A Release at GitHub for a tag, with its notes; a page for people, so its failure is a warning (DESIGN §5)."""

from collections.abc import Mapping

from jetscale_cicd.tools.github import create_release, find_token
from jetscale_cicd.tools.process import Processes

_NOBODY = "no GH_TOKEN or GITHUB_TOKEN is set, and gh gave none"


def release_on_github(
    page: str, tag: str, notes: str, processes: Processes, env: Mapping[str, str]
) -> tuple[bool, str]:
    """Make the Release of a tag, unless there is one or nobody may; whether it was made, and the word for it.

    Args:
        page: ``https://host/owner/name``.

    Raises:
        PublishError: GitHub refused it, or did not answer.
    """
    token = find_token(page.split("/")[2], processes, env)
    if token is None:
        return False, _NOBODY
    made = create_release(page, tag, notes, token, processes.redact)
    address = f"{page}/releases/tag/{tag}"
    return made, address if made else f"{address} is there already"
