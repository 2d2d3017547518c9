"""Step 4: the tag that makes a version real; created once, never moved (DESIGN §5)."""

import time

from jetscale_cicd.act.reserve import give_back
from jetscale_cicd.errors import PublishError, SupersededError
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.deepen import RESERVED, fetch_tags, remote_of, remote_refs
from jetscale_cicd.observe.repository import Repository
from jetscale_cicd.tools.git import GitResult


def tag(repository: Repository, release: Release, message: str) -> str:
    """Create the release's annotated tag, at the remote first where there is one.

    The tag object is made without a local ref, so that a run that dies in between leaves nothing behind.

    Args:
        message: release notes and trailers.

    Raises:
        SupersededError: ``TAG_TAKEN``, the tag exists at another commit.
        PublishError: ``TAG_REFUSED``, the remote did not take it.
    """
    name, commit = release.tag, release.commit
    tag_object = _make(repository, name, commit, message)
    remote = remote_of(repository)
    if not remote:
        _create_local(repository, name, tag_object, commit)
        return f"{name} at {commit[:12]}"
    ref, reservation = f"refs/tags/{name}", RESERVED + name
    refs = remote_refs(repository, f"{ref}*", reservation)
    if ref not in refs:
        result = _push(repository, remote, f"{tag_object}:{ref}", reservation, refs.get(reservation))
        if result.status == 0:
            _create_local(repository, name, tag_object, commit)
            return f"{name} at {commit[:12]} on {remote}"
        refs = remote_refs(repository, f"{ref}*", reservation)
        _check_taken(refs.get(ref), result.stderr, name, remote)
    if refs.get(reservation) == commit:
        give_back(repository, release)
    if refs[ref] != commit:
        raise _taken(name, refs[ref], commit)
    if repository.find(ref)[0] != commit:
        fetch_tags(repository, [name])  # another run made it, for the same commit: theirs is the tag
    return f"{name} at {commit[:12]} on {remote}"


def _push(repository: Repository, remote: str, tag_it: str, reservation: str, held: str | None) -> GitResult:
    """Push the tag, and remove the version's reservation in the same breath where the remote can do both at once."""
    push = ("push", "--quiet")
    if held is None:
        return repository.git.run(*push, remote, tag_it)
    free = (f"--force-with-lease={reservation}:{held}", remote)
    result = repository.git.run(*push, "--atomic", *free, tag_it, f":{reservation}")
    if result.status != 0 and "atomic" in result.stderr:  # Azure DevOps and CodeCommit do not
        result = repository.git.run(*push, remote, tag_it)
        if result.status == 0:
            repository.git.run(*push, *free, f":{reservation}")
    return result


def _check_taken(held: str | None, said: str, name: str, remote: str) -> None:
    if held is None:
        raise PublishError(
            "TAG_REFUSED",
            f"{remote} did not take the tag {name}: {said.strip() or 'no reason given'}",
            where=f"refs/tags/{name}",
            hint="the run needs permission to create tags (contents: write); is the tag protected?",
        )


def _make(repository: Repository, name: str, commit: str, message: str) -> str:
    who = _setting(repository, "user.name", "jetscale-cicd")
    mail = _setting(repository, "user.email", "jetscale-cicd@localhost")
    tagger = f"{who} <{mail}> {int(time.time())} +0000"
    text = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger}\n\n{name}\n\n{message}"
    return repository.git.ask("mktag", stdin=text.encode("utf-8", "replace")).decode().strip()


def _create_local(repository: Repository, name: str, tag_object: str, commit: str) -> None:
    result = repository.git.run("update-ref", f"refs/tags/{name}", tag_object, "0" * len(tag_object))
    if result.status != 0 and repository.find(f"refs/tags/{name}")[0] != commit:
        raise _taken(name, repository.find(f"refs/tags/{name}")[0] or "nothing", commit)


def _setting(repository: Repository, key: str, otherwise: str) -> str:
    value = repository.git.run("config", "--get", key).stdout.decode("utf-8", "replace").strip()
    return "".join(char for char in value if char.isprintable() and char not in "<>") or otherwise


def _taken(name: str, held: str, commit: str) -> SupersededError:
    return SupersededError(
        "TAG_TAKEN",
        f"the tag {name} exists at {held[:12]}, this run wanted it at {commit[:12]}",
        where=f"refs/tags/{name}",
        hint="another run won: run again, it observes and plans anew",
    )
