"""Where git pushes what it is asked to push to a remote: `remote.NAME.pushurl`, several addresses, `pushInsteadOf`."""

import posixpath
import re

from jetscale_cicd.decide.release.web import web_address
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.shown import shown_address
from jetscale_cicd.observe.git.remote import remote_of
from jetscale_cicd.observe.git.repository import Repository


def push_blocker(repository: Repository) -> PreconditionError | None:
    """``REMOTE_SPLIT``: a push would go elsewhere than where releases are read from, or to several places.

    The tag of a release would then never be seen, and every later run would publish it again.
    """
    remote = remote_of(repository)
    if not remote:
        return None
    read = _addresses(repository, remote)[0]
    pushed = _addresses(repository, remote, "--push")
    if len(pushed) > 1:
        message = f"{remote} is pushed to {len(pushed)} addresses: {', '.join(map(shown_address, pushed))}"
    elif not _same(repository, read, pushed[0]):
        message = f"{remote} is read from {shown_address(read)} and pushed to {shown_address(pushed[0])}"
    else:
        return None
    return PreconditionError(
        "REMOTE_SPLIT",
        message,
        where=f"remote.{remote}",
        hint="a release is read where it is pushed: give origin one repository (git config --get-regexp "
        "'^(remote|url)[.]' shows its addresses)",
    )


def may_differ(repository: Repository) -> bool:
    """Whether git is configured to push to the remote by another address than it reads from, or by several."""
    settings, remote = repository.git.settings, remote_of(repository)
    several = len(settings.get(f"remote.{remote}.url", ())) > 1 or f"remote.{remote}.pushurl" in settings
    return bool(remote) and (several or any(key.endswith(".pushinsteadof") for key in settings))


def _addresses(repository: Repository, remote: str, *options: str) -> list[str]:
    """The addresses as git rewrites them, without credentials; the first one is read from."""
    listed = repository.git.ask("remote", "get-url", "--all", *options, remote)
    lines = listed.decode("utf-8", "surrogateescape").split("\n")[:-1]
    return [re.sub(r"(://)[^/@]*@", r"\1", line) for line in lines]


def _same(repository: Repository, one: str, other: str) -> bool:
    """Whether two addresses name one repository, by whatever transport."""
    pages = web_address(one), web_address(other)
    if any(pages):
        return pages[0] == pages[1]
    return _normal(repository, one) == _normal(repository, other)


def _normal(repository: Repository, address: str) -> str:
    path = address.removeprefix("file://")
    if "://" in path:
        return path.rstrip("/").removesuffix(".git")
    whole = posixpath.normpath(posixpath.join(str(repository.git.root), path))
    return whole.removesuffix(".git")
