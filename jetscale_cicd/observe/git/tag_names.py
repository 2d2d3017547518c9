"""Names of all tags, whatever they are for."""

from jetscale_cicd.observe.git.remote import remote_of, remote_refs
from jetscale_cicd.observe.git.repository import Repository

_TAGS = "refs/tags/"
_LOCAL = ("for-each-ref", "--format=%(refname:strip=2)", _TAGS)


def begin_local_tag_names(repository: Repository) -> None:
    """Begin to list those of this clone."""
    repository.git.begin(*_LOCAL)


def local_tag_names(repository: Repository) -> tuple[str, ...]:
    """Those of this clone."""
    names = repository.git.ask(*_LOCAL)
    return tuple(names.decode("utf-8", "surrogateescape").split("\n")[:-1])


def remote_tag_names(repository: Repository) -> tuple[str, ...]:
    """Those of the remote, which a clone need not have; those of this clone where there is no remote.

    Raises:
        CannotTellError: ``REMOTE_UNREACHABLE``.
    """
    if not repository.git.network or not remote_of(repository):
        return local_tag_names(repository)
    return tuple(ref.removeprefix(_TAGS) for ref in remote_refs(repository, f"{_TAGS}*"))
