"""The branch that a release commit goes to, as it is at the remote (``release.commit``)."""

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.change import Comparison
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.observe.git.remote import remote_of, resolve_or_fetch
from jetscale_cicd.observe.git.repository import Repository

_HINT = "run on the branch that is released, pushed; or set release.commit: false"


@frozen
class Branch:
    """A branch that gets release commits, and its tip at the remote; name "" where it is not known."""

    name: str
    tip: str | None = None

    @property
    def ref(self) -> str:
        """Its full name."""
        return f"refs/heads/{self.name}"


def find_branch(repository: Repository, request: Request, head: str, configured: str | None) -> Branch:
    """The configured branch, else the one that the event is about, else the one that is checked out at head.

    Its tip is not asked for yet.
    """
    if configured or request.event.branch:
        return Branch(configured or request.event.branch)
    ref = repository.git.run("symbolic-ref", "--quiet", "HEAD").stdout.decode("utf-8", "surrogateescape").strip()
    at_head = bool(ref) and repository.find("HEAD")[0] == head
    return Branch(ref.removeprefix("refs/heads/") if at_head else "")


def later_tip(repository: Repository, branch: Branch | None, head: str) -> str | None:
    """The tip of the branch where that has moved on from head; None where it has not, or does not get commits."""
    if branch is None or branch.tip in (None, head) or not (tip := resolve_or_fetch(repository, branch.tip or "")):
        return None
    return tip if repository.is_ancestor(head, tip) else None


def branch_blocker(repository: Repository, branch: Branch, head: str) -> PreconditionError | None:
    """``RELEASE_BRANCH``: why a release commit could not be pushed; None where it could."""
    if not remote_of(repository):
        return _unready("there is no remote to push it to", head)
    if not branch.name:
        return _unready("nothing says which branch that is for", head, "name it: release.branch")
    if branch.tip is None:
        return _unready(f"the remote has no branch {branch.name}", head)
    if tip := later_tip(repository, branch, head):
        hint = f"the run for {tip[:12]} releases both; where the CI skips that commit, run stage6 on it"
        return _unready(f"{branch.name} has moved on to {tip[:12]}, which changes what is released", head, hint)
    if branch.tip != head:
        return _unready(f"it is not the tip of {branch.name} at the remote, which is {branch.tip[:12]}", head)
    return None


def _unready(why: str, head: str, hint: str = _HINT) -> PreconditionError:
    message = f"release.commit puts a commit on top of {head[:12]}, but {why}"
    return PreconditionError("RELEASE_BRANCH", message, where=head, hint=hint)


def own_release(
    repository: Repository, releases: tuple[Release, ...], latest: Release | None, head: str, folder: str
) -> Release | None:
    """A release of head itself that its own release commit carries: a child of head that differs in its version only.

    Args:
        releases: those of the remote.
        latest: the highest one that is merged into head.
        folder: the chart's.
    """
    newer = [release for release in releases if latest is None or release.version.core > latest.version.core]
    if not newer:
        return None
    parents = repository.parents(*(release.commit for release in newer))
    children = [release for release in newer if parents.get(release.commit) == (head,)]
    return next((child for child in children if _stamps(repository, head, child.commit, folder)), None)


def _stamps(repository: Repository, head: str, child: str, folder: str) -> bool:
    """Whether the version in one Chart.yaml is all that changed."""
    from jetscale_cicd.observe.git.chart_diff import stamped_parent

    alone = repository.changes(Comparison(head, child, ""), ()).count == 1
    return alone and stamped_parent(repository, child, folder) == head
