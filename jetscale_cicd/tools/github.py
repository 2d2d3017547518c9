"""GitHub Releases, by the client of python-semantic-release; the only module that imports its ``hvcs``.

The client gets timeouts here, and the repository of the remote in place of that of the workflow (GITHUB_REPOSITORY).
Its ``get_release_id_by_tag`` reads every error as "there is none" (10.7), so it is not used: GitHub itself refuses a
second Release of a tag. Certificate authorities are those of requests: REQUESTS_CA_BUNDLE.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jetscale_cicd.errors import PreconditionError, PublishError
from jetscale_cicd.tools.deadline import within
from jetscale_cicd.tools.process import Processes, ProcessTimeout
from jetscale_cicd.tools.redact import Redactor

if TYPE_CHECKING:
    import requests
    from semantic_release.hvcs.github import Github

GITHUB = "github.com"
_CONNECT_SECONDS, _READ_SECONDS, _TOTAL_SECONDS = 5, 15, 30
_GH_SECONDS = 10
_TOKENS = {"GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "CODESPACES"}
# GitHub refuses a body above 125,000 characters.
_MAX_NOTES_CHARS = 120_000
# GitHub docs, "Create a release": 422 and the code already_exists where the tag has a Release.
_UNPROCESSABLE = 422


def hosts(env: Mapping[str, str]) -> tuple[str, ...]:
    """The hosts of GitHub: the public one, that of this workflow, and that of ``GH_HOST``."""
    server = _server(env)
    return tuple(host.lower() for host in (GITHUB, server, env.get("GH_HOST")) if host)


def _server(env: Mapping[str, str]) -> str | None:
    try:
        return urlsplit(env.get("GITHUB_SERVER_URL", "")).hostname
    except ValueError:  # half an IPv6 address
        return None


def find_token(host: str, processes: Processes, env: Mapping[str, str]) -> str | None:
    """A token for a GitHub host, from the environment by the rules of gh (`gh help environment`), else from gh."""
    server = _server(env) or GITHUB
    names = ("GH_TOKEN", "GITHUB_TOKEN") if host == server.lower() else ()
    names = names or (() if host == GITHUB else ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"))
    given = (env.get(name, "").strip() for name in names)
    found = next(filter(None, given), None) or _ask_gh(host, processes, env)
    if found:
        processes.redact.learn([found])
    return found


def _ask_gh(host: str, processes: Processes, env: Mapping[str, str]) -> str | None:
    # Without these variables gh gives the token that it stores, not that of another host (its pkg auth, tokenForHost).
    own = {name: value for name, value in env.items() if name not in _TOKENS}
    try:
        finished = processes.run(["gh", "auth", "token", "--hostname", host], env=own, timeout=_GH_SECONDS)
    except (PreconditionError, ProcessTimeout):
        return None
    return finished.stdout.decode("ascii", "replace").strip() or None if finished.status == 0 else None


def create_release(page: str, tag: str, notes: str, token: str, redact: Redactor) -> bool:
    """Create the Release of a tag that GitHub has; False where there is one, which is not changed.

    Args:
        page: ``https://host/owner/name``.

    Raises:
        PublishError: ``RELEASE_REFUSED``, or ``RELEASE_UNREACHABLE``.
    """
    import requests

    try:
        within(_TOTAL_SECONDS, lambda: _client(page, token).create_release(tag, notes[:_MAX_NOTES_CHARS]))
    except requests.HTTPError as answered:
        status = answered.response.status_code if answered.response is not None else 0
        body = answered.response.text if answered.response is not None else ""
        if status == _UNPROCESSABLE and "already_exists" in body:
            return False
        raise _refusal(page, status, redact(" ".join(body.split()))[:300]) from None
    except Exception as failed:  # noqa: BLE001 - any failure of the client: a Release must not stop a deploy
        why = redact(" ".join(str(failed).split()))[:300]
        hint = f"create it: gh release create {tag} --verify-tag --notes-from-tag"
        raise PublishError("RELEASE_UNREACHABLE", f"GitHub gave no answer: {why}", where=page, hint=hint) from None
    return True


def _client(page: str, token: str) -> "Github":
    from requests.adapters import HTTPAdapter
    from semantic_release.hvcs.github import Github

    host, owner, name = page.removeprefix("https://").split("/", 2)

    class Limited(HTTPAdapter):
        def send(self, *arguments: Any, **options: Any) -> "requests.Response":
            return super().send(*arguments, **{**options, "timeout": (_CONNECT_SECONDS, _READ_SECONDS)})

    class OfRemote(Github):
        owner = property(lambda _: owner)
        repo_name = property(lambda _: name)

    api = None if host == GITHUB else f"https://{host}/api/v3"
    client = OfRemote(page, hvcs_domain=f"https://{host}", hvcs_api_domain=api, token=token)
    client.session.max_redirects = 0  # a redirected POST becomes a GET, or sends the notes to another host
    client.session.mount("https://", Limited(max_retries=2))
    return client


def _refusal(page: str, status: int, answer: str) -> PublishError:
    hint = (
        "the token needs contents: write"
        if status in (401, 403, 404)
        else "the tag exists all the same; see the answer of GitHub"
    )
    return PublishError("RELEASE_REFUSED", f"GitHub answered {status}: {answer}", where=page, hint=hint)
