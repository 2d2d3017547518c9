"""Step 4: the tag that makes a version real; created once, never moved (docs/how-it-works.md)."""

import time
from typing import NamedTuple

from jetscale_cicd.act.release.reserve import give_back
from jetscale_cicd.errors import PreconditionError, PublishError, SupersededError
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.remote import RESERVED, fetch_tags, remote_of, remote_refs
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.git import GitResult


class Tagging(NamedTuple):
    """What gets tagged, and what goes with it.

    Args:
        release: at the commit to tag.
        head: the commit that is released, for which the version is reserved.
        branch: gets ``release.commit`` on top of head where the two differ.
        message: release notes and trailers.
        reserved: the commit that the version is expected to be reserved for, None where it is expected to be free.
    """

    release: Release
    head: str
    branch: str
    message: str
    reserved: str | None = None

    @property
    def moves(self) -> bool:
        """Whether the branch moves on."""
        return self.release.commit != self.head

    @property
    def summary(self) -> str:
        """What was done, for people."""
        on_top = f", on top of {self.branch}'s {self.head[:12]}" if self.moves else ""
        return f"{self.release.tag} at {self.release.commit[:12]}{on_top}"


def tag(repository: Repository, tagging: Tagging) -> str:
    """Create the release's annotated tag, at the remote first where there is one.

    The tag object is made without a local ref, so that a run that dies in between leaves nothing behind.

    Raises:
        SupersededError: ``TAG_TAKEN``, the tag exists at another commit; ``BRANCH_MOVED``, the branch was pushed to
            meanwhile.
        PublishError: ``TAG_REFUSED`` or ``BRANCH_REFUSED``, the remote did not take it.
        PreconditionError: ``REMOTE_NOT_ATOMIC``, the remote cannot take branch and tag as one.
    """
    name, commit = tagging.release.tag, tagging.release.commit
    tag_object = _make(repository, tagging)
    remote = remote_of(repository)
    if not remote:
        _create_local(repository, name, tag_object, commit)
        return tagging.summary
    ref, reservation = f"refs/tags/{name}", RESERVED + name
    held = tagging.reserved
    result, refs = _try(repository, remote, tagging, tag_object, held)
    if result.status and ref not in refs and refs.get(reservation) != held:  # another run left it, or gave it back
        result, refs = _try(repository, remote, tagging, tag_object, refs.get(reservation))
    if result.status == 0:
        _create_local(repository, name, tag_object, commit)
        return f"{tagging.summary} on {remote}"
    if ref not in refs:
        refused = _refusal(tagging, remote, result.stderr.strip(), refs)
        if isinstance(refused, SupersededError) and refs.get(reservation) == tagging.head:
            give_back(repository, tagging.release._replace(commit=tagging.head))  # no later run would
        raise refused
    if refs.get(reservation) == tagging.head:
        give_back(repository, tagging.release._replace(commit=tagging.head))
    if refs[ref] != commit:
        raise _taken(name, refs[ref], commit)
    if repository.find(ref)[0] != commit:
        fetch_tags(repository, [name])  # another run made it, for the same commit: theirs is the tag
    return f"{tagging.summary} on {remote}"


def _try(
    repository: Repository, remote: str, tagging: Tagging, tag_object: str, held: str | None
) -> tuple[GitResult, dict[str, str]]:
    """Push, and only where that is refused ask the remote what it holds."""
    result = _push(repository, remote, tagging, tag_object, held)
    if result.status == 0:
        return result, {}
    name = tagging.release.tag
    return result, remote_refs(repository, f"refs/tags/{name}*", RESERVED + name, *_branches(tagging))


def _branches(tagging: Tagging) -> tuple[str, ...]:
    return (f"refs/heads/{tagging.branch}",) if tagging.moves else ()


def _push(repository: Repository, remote: str, tagging: Tagging, tag_object: str, held: str | None) -> GitResult:
    """Push the tag, and with it the branch; and remove the version's reservation where the remote can do all at once.

    A lease names what a ref has to be until now (git-push(1)): the branch head, and not one that it could move on from.
    """
    push = ("push", "--quiet")
    tag_it, reservation = f"{tag_object}:refs/tags/{tagging.release.tag}", RESERVED + tagging.release.tag
    move = [f"{tagging.release.commit}:{branch}" for branch in _branches(tagging)]
    leases = [f"--force-with-lease={branch}:{tagging.head}" for branch in _branches(tagging)]
    if held is not None:
        leases.append(f"--force-with-lease={reservation}:{held}")
    free = [f":{reservation}"] if held is not None else []
    if not move and not free:
        return repository.git.write(*push, remote, tag_it)
    result = repository.git.write(*push, "--atomic", *leases, remote, tag_it, *move, *free)
    if result.status == 0 or "does not support --atomic" not in result.stderr:
        return result
    if move:
        raise PreconditionError(
            "REMOTE_NOT_ATOMIC",
            f"{remote} takes no branch and tag in one push, and one without the other is half a release",
            where=tagging.branch,
            hint="set release.commit: false",
        )
    result = repository.git.write(*push, remote, tag_it)  # Azure DevOps and CodeCommit
    if result.status == 0:
        repository.git.write(*push, *leases, remote, *free)
    return result


def _refusal(tagging: Tagging, remote: str, reason: str, refs: dict[str, str]) -> PublishError | SupersededError:
    """Why a push was refused, by what the remote holds now, and else in its own words."""
    name = tagging.release.tag
    for branch in _branches(tagging):
        tip = refs.get(branch)
        if tip != tagging.head:
            at = f"is at {tip[:12]} now" if tip else "is gone"
            return SupersededError(
                "BRANCH_MOVED",
                f"{tagging.branch} {at}, and the commit of {name} belongs on top of {tagging.head[:12]}",
                where=branch,
                hint="run again, on the branch as it is now",
            )
        return PublishError(
            "BRANCH_REFUSED",
            f"{remote} did not take the commit of {name} on {tagging.branch}, nor the tag: "
            f"{reason or 'no reason given'}",
            where=branch,
            hint="is the branch, or the tag, protected? Let this identity push to it and run again; or set "
            "release.commit: false, and the commit that does gets the next version",
        )
    return PublishError(
        "TAG_REFUSED",
        f"{remote} did not take the tag {name}: {reason or 'no reason given'}",
        where=f"refs/tags/{name}",
        hint="the run needs permission to create tags (contents: write); is the tag protected?",
    )


def _make(repository: Repository, tagging: Tagging) -> str:
    who, mail = repository.identity
    release = tagging.release
    tagger = f"{who} <{mail}> {int(time.time())} +0000"
    header = f"object {release.commit}\ntype commit\ntag {release.tag}\ntagger {tagger}"
    text = f"{header}\n\n{release.tag}\n\n{tagging.message}"
    return repository.git.made("mktag", stdin=text.encode("utf-8", "replace"))


def _create_local(repository: Repository, name: str, tag_object: str, commit: str) -> None:
    result = repository.git.write("update-ref", f"refs/tags/{name}", tag_object, "0" * len(tag_object))
    if result.status != 0 and repository.find(f"refs/tags/{name}")[0] != commit:
        raise _taken(name, repository.find(f"refs/tags/{name}")[0] or "nothing", commit)


def _taken(name: str, held: str, commit: str) -> SupersededError:
    return SupersededError(
        "TAG_TAKEN",
        f"the tag {name} exists at {held[:12]}, this run wanted it at {commit[:12]}",
        where=f"refs/tags/{name}",
        hint="another run won: run again, it observes and plans anew",
    )
