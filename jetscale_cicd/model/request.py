"""The request of a command: what to compare, for which targets, and with which overrides."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.model.engine import EngineName
from jetscale_cicd.model.event import Event
from jetscale_cicd.model.record import frozen

if TYPE_CHECKING:  # a decision starts without making them
    from collections.abc import Mapping
    from typing import Protocol

    class PathLike(Protocol):
        """``os.PathLike``, without what the model must not import."""

        def __fspath__(self) -> str:
            """The path."""

    class GitCommand(Protocol):
        """What is asked of ``git.Repo.git``."""

        def environment(self) -> Mapping[str, str]:
            """Variables that its processes get."""

    class OpenedRepository(Protocol):
        """A ``git.Repo``: a repository that the caller has opened with GitPython."""

        @property
        def git(self) -> GitCommand:
            """Starts git."""

        @property
        def git_dir(self) -> str | PathLike:
            """The directory of the repository itself."""

        @property
        def working_tree_dir(self) -> str | PathLike | None:
            """Top of the working tree, None where it is bare."""


class Half(StrEnum):
    """Which half of a plan a run carries out, so that an approval can stand between the two."""

    BOTH = "stage6"
    RELEASE = "release"  # the steps that all targets share: package … tag
    DEPLOY = "deploy"  # the steps of each target: lock … record


@frozen(kw_only=True)
class Request:
    """A request to decide.

    Args:
        repo: a directory inside the repository, or the repository as GitPython has opened it.
        event: why the CI started this run.
        since: ``auto`` (the latest release and what is deployed), ``event`` (exactly base and head), or a revision.
        base, head: revisions that replace those of the event.
        from_merge_base: ``base`` is the tip of a branch, and the change starts at its merge base with head.
        config: file that replaces ``.stage6.yaml``.
        targets: names of the targets to consider; empty for all.
        engine: replaces the engine of every target.
        registry: replaces the registry of the chart.
        network: whether remotes, registries and clusters may be asked.
        audit: file to which a line is appended for each deploy.
        acts: the plan is going to be carried out, so a run that may not act is refused before anything is asked.
        online: a comparison of commits also asks the clusters whether the change could be deployed to them now.
        preflight: check every target that is asked for, whether something is due there or not, and change nothing.
        only, skip: ids of the checks of a preflight that are made, all of them where none is named; and that are not.
        release_hold: deploy although a rollback holds the target.
        redeploy: deploy the latest release again although nothing changed.
        allow_older: deploy although what is deployed is newer.
        for_notes: only the notes of the version are wanted, so a target that cannot be observed is no failure.
        half: which half of the plan is carried out.
        jobs: how many targets a run changes at a time, where they need nothing of each other.
        verbose: announce the whole command line of each program, not what it is about alone.
        worktree: decide for the work tree with its uncommitted changes, in place of head.
    """

    repo: "Path | OpenedRepository"
    event: Event
    since: str = "auto"
    base: str | None = None
    head: str | None = None
    from_merge_base: bool = False
    config: Path | None = None
    targets: tuple[str, ...] = ()
    engine: EngineName | None = None
    registry: str | None = None
    audit: Path | None = None
    network: bool = True
    acts: bool = False
    online: bool = False
    preflight: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    release_hold: bool = False
    redeploy: bool = False
    allow_older: bool = False
    for_notes: bool = False
    half: Half = Half.BOTH
    jobs: int = 1
    verbose: bool = False
    worktree: bool = False

    @property
    def compares_only(self) -> bool:
        """Whether only commits are compared, and neither the registry nor the targets are observed."""
        return self.since != "auto"
