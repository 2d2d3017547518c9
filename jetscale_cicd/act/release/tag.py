"""Step 4: the tag that makes a version real; created once, never moved (docs/how-it-works.md)."""

import time
from typing import NamedTuple

from jetscale_cicd.act.release.reserve import PAUSES, give_back, is_race
from jetscale_cicd.errors import CannotTellError, PreconditionError, PublishError, SupersededError
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.remote import RESERVED, fetch_tags, remote_of, remote_refs
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.git import GitResult

_PERMISSION = "the run needs permission to create tags (contents: write); is the tag protected?"
_UNDELETED = "because it could not be deleted; it keeps no later version back"


class Tagging(NamedTuple):
    """What gets tagged, and what goes with it.

    Args:
        release: at the commit to tag.
        head: the commit that is released, for which the version is reserved.
        branch: gets ``release.commit`` on top of head where the two differ.
        made: the tag as an object.
        reserved: the commit that the version is expected to be reserved for, None where it is expected to be free.
    """

    release: Release
    head: str
    branch: str
    made: str
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

    Raises:
        SupersededError: ``TAG_TAKEN``, the tag exists at another commit; ``BRANCH_MOVED``, the branch was pushed to
            meanwhile.
        PublishError: ``TAG_REFUSED`` or ``BRANCH_REFUSED``, the remote did not take it.
        PreconditionError: ``REMOTE_NOT_ATOMIC``, the remote cannot take branch and tag as one.
    """
    name, commit = tagging.release.tag, tagging.release.commit
    remote = remote_of(repository)
    if not remote:
        _create_local(repository, tagging)
        return tagging.summary
    ref, reservation = f"refs/tags/{name}", RESERVED + name
    held = tagging.reserved
    pushed, refs = _try(repository, remote, tagging, held)
    if pushed.failed and ref not in refs and refs.get(reservation) != held:  # another run left it, or gave it back
        held = refs.get(reservation)
        pushed, refs = _try(repository, remote, tagging, held)
    if pushed.failed and ref not in refs and held is not None:  # a host may let no ref be deleted
        pushed, refs = _try(repository, remote, tagging, None)
    if not pushed.failed:
        _create_local(repository, tagging)
        left = held is not None and not pushed.freed and not _free(repository, tagging, held)
        return f"{tagging.summary} on {remote}" + (f"; {reservation} stays there, {_UNDELETED}" if left else "")
    if ref not in refs:
        refused = _refusal(tagging, remote, pushed.result.stderr.strip(), refs)
        if isinstance(refused, SupersededError) and refs.get(reservation) == tagging.head:
            _free(repository, tagging, tagging.head)  # no later run would
        raise refused
    if refs.get(reservation) == tagging.head:
        _free(repository, tagging, tagging.head)
    if refs[ref] != commit:
        raise _taken(name, refs[ref], commit)
    if repository.find(ref)[0] != commit:
        fetch_tags(repository, [name])  # another run made it, for the same commit: theirs is the tag
    return f"{tagging.summary} on {remote}"


def check_push(repository: Repository, tagging: Tagging) -> None:
    """Try the push of the tag without doing it, before a package is published that could not be tagged then.

    It proves that this identity may push to the remote, that nothing is there under the tag's name but the same tag, of
    a run that was faster, and that the branch can move on. Whether a hook or a rule of the host refuses the tag is
    known only when it is pushed.

    Raises:
        SupersededError: ``TAG_TAKEN`` or ``BRANCH_MOVED``, as ``tag``.
        PublishError: ``TAG_REFUSED``, git or the remote refuses it.
    """
    remote = remote_of(repository)
    if not remote:
        return
    push = ("push", "--quiet", "--dry-run", *_leases(tagging), remote, *_refspecs(tagging))
    result = repository.git.write(*push)
    if not result.status or _is_made(repository, tagging):
        return
    name = tagging.release.tag
    raise PublishError(
        "TAG_REFUSED",
        f"{remote} would not take the tag {name}, so nothing was published: {result.stderr.strip()}",
        where=f"refs/tags/{name}",
        hint=_PERMISSION,
    )


def _is_made(repository: Repository, tagging: Tagging) -> bool:
    """Whether another run has created this tag."""
    name, commit = tagging.release.tag, tagging.release.commit
    try:
        refs = _refs(repository, tagging)
    except CannotTellError:  # git's own reason is better
        return False
    held = refs.get(f"refs/tags/{name}", commit)
    if held != commit:
        raise _taken(name, held, commit)
    moved = [branch for branch in _branches(tagging) if refs.get(branch) not in (tagging.head, commit)]
    if moved:
        raise _moved(tagging, moved[0], refs.get(moved[0]))
    return f"refs/tags/{name}" in refs


class _Pushed(NamedTuple):
    """The result of a push of the tag, and whether the reservation was removed with it."""

    result: GitResult
    freed: bool = False

    @property
    def failed(self) -> bool:
        """Whether the remote took nothing."""
        return self.result.status != 0


def _try(repository: Repository, remote: str, tagging: Tagging, held: str | None) -> tuple[_Pushed, dict[str, str]]:
    """Push, and only where that is refused ask the remote what it holds; again while another push writes the same."""
    name = f"refs/tags/{tagging.release.tag}"
    pauses = iter(PAUSES)
    while (pushed := _push(repository, remote, tagging, held)).failed:
        refs = _refs(repository, tagging)
        pause = next(pauses, None)
        if pause is None or name in refs or not is_race(pushed.result.unredacted):
            return pushed, refs
        time.sleep(pause)  # another push is writing a ref of this one, which is locked, and not listed yet
    return pushed, {}


def _refs(repository: Repository, tagging: Tagging) -> dict[str, str]:
    name = tagging.release.tag
    return remote_refs(repository, f"refs/tags/{name}*", RESERVED + name, *_branches(tagging))


def _branches(tagging: Tagging) -> tuple[str, ...]:
    return (f"refs/heads/{tagging.branch}",) if tagging.moves else ()


def _leases(tagging: Tagging) -> list[str]:
    """What a ref has to be until now (git-push(1)): the branch head, and not one that it could move on from."""
    return [f"--force-with-lease={branch}:{tagging.head}" for branch in _branches(tagging)]


def _refspecs(tagging: Tagging) -> list[str]:
    made = f"{tagging.made}:refs/tags/{tagging.release.tag}"
    return [made, *(f"{tagging.release.commit}:{branch}" for branch in _branches(tagging))]


def _push(repository: Repository, remote: str, tagging: Tagging, held: str | None) -> _Pushed:
    """Push the tag, with it the branch, and the end of the reservation where the remote can do all at once."""
    push, leases, refspecs = ("push", "--quiet"), _leases(tagging), _refspecs(tagging)
    if held is not None:
        reservation = RESERVED + tagging.release.tag
        leases.append(f"--force-with-lease={reservation}:{held}")
        refspecs.append(f":{reservation}")
    if not tagging.moves and held is None:
        return _Pushed(repository.git.write(*push, remote, *refspecs))
    result = repository.git.write(*push, "--atomic", *leases, remote, *refspecs)
    if result.status == 0 or "does not support --atomic" not in result.unredacted:
        return _Pushed(result, freed=held is not None)
    if tagging.moves:
        raise PreconditionError(
            "REMOTE_NOT_ATOMIC",
            f"{remote} takes no branch and tag in one push, and one without the other is half a release",
            where=tagging.branch,
            hint="set release.commit: false",
        )
    return _Pushed(repository.git.write(*push, remote, *_refspecs(tagging)))  # Azure DevOps and CodeCommit


def _free(repository: Repository, tagging: Tagging, held: str) -> bool:
    return give_back(repository, tagging.release._replace(commit=held))


def _refusal(tagging: Tagging, remote: str, reason: str, refs: dict[str, str]) -> PublishError | SupersededError:
    """Why a push was refused, by what the remote holds now, and else in its own words."""
    name = tagging.release.tag
    for branch in _branches(tagging):
        tip = refs.get(branch)
        if tip != tagging.head:
            return _moved(tagging, branch, tip)
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
        hint=_PERMISSION,
    )


def _moved(tagging: Tagging, branch: str, tip: str | None) -> SupersededError:
    at = f"is at {tip[:12]} now" if tip else "is gone"
    return SupersededError(
        "BRANCH_MOVED",
        f"{tagging.branch} {at}, and the commit of {tagging.release.tag} belongs on top of {tagging.head[:12]}",
        where=branch,
        hint="run again, on the branch as it is now",
    )


def _create_local(repository: Repository, tagging: Tagging) -> None:
    name, commit = tagging.release.tag, tagging.release.commit
    result = repository.git.write("update-ref", f"refs/tags/{name}", tagging.made, "0" * len(tagging.made))
    if result.status != 0 and repository.find(f"refs/tags/{name}")[0] != commit:
        raise _taken(name, repository.find(f"refs/tags/{name}")[0] or "nothing", commit)


def _taken(name: str, held: str, commit: str) -> SupersededError:
    return SupersededError(
        "TAG_TAKEN",
        f"the tag {name} exists at {held[:12]}, this run wanted it at {commit[:12]}",
        where=f"refs/tags/{name}",
        hint="another run won: run again, it observes and plans anew",
    )
