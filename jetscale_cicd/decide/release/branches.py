"""Which branches are released, and which events release nothing whatever their branch."""

import re

from jetscale_cicd.config.branch_match import LONGEST_NAME
from jetscale_cicd.decide.scope import Globs
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.branch import BranchGroup
from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.record import frozen

_SIMULATE = "jetscale-cicd simulate shows what merging it would do"
_WILDCARDS = frozenset("*?[\\")
_SHOWN = 5


@frozen(kw_only=True)
class BranchRules:
    """Which branches are released: those of the configuration, else the default branch of the remote.

    Args:
        globs: `release.branches`; they outrank the groups.
        groups: python-semantic-release's; the first that matches holds, and matches the beginning of a name (its
            ``RuntimeContext.select_branch_options``, 10.7).
    """

    globs: tuple[str, ...] = ()
    groups: tuple[BranchGroup, ...] = ()

    @property
    def configured(self) -> bool:
        """Whether anything names them, so that the default branch counts only if it is named, too."""
        return bool(self.globs or self.groups)

    def releases(self, name: str, default: str) -> bool:
        """Whether a branch is released.

        Args:
            default: the default branch of the remote, "" where it is not known.
        """
        if not self.configured:
            return name == default
        if self.globs:
            return any(_matches(glob, name) for glob in self.globs)
        group = self._group(name)
        return group is not None and not group.prerelease

    def makes_prereleases(self, name: str) -> bool:
        """Whether python-semantic-release would make pre-releases of a branch, which Stage 6 does not."""
        group = None if self.globs else self._group(name)
        return group is not None and group.prerelease

    def _group(self, name: str) -> BranchGroup | None:
        if len(name) > LONGEST_NAME:
            return None
        return next((group for group in self.groups if re.match(group.match, name)), None)

    def described(self, default: str) -> str:
        """The branches, for people."""
        if self.globs:
            return f"{_listed(self.globs)} (release.branches)"
        if self.groups:
            matches = tuple(group.match for group in self.groups if not group.prerelease)
            return f"what matches {_listed(matches)} (branches of python-semantic-release)"
        name = show_path(default.encode("utf-8", "surrogateescape")) or "what its HEAD points to"
        return f"{name} (the remote's default branch)"


def _matches(glob: str, name: str) -> bool:
    """As :class:`Globs`, but a branch is no directory: one without a wildcard is that branch alone."""
    if _WILDCARDS.isdisjoint(glob):
        return glob == name
    return Globs((glob,)).rule(name.encode("utf-8", "surrogateescape")) is not None


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(show_path(name.encode("utf-8", "surrogateescape")) for name in names[:_SHOWN]) + more


def event_refusal(event: Event, rules: BranchRules, *, forks: bool) -> PreconditionError | None:
    """``EVENT_RELEASES_NOTHING``: why no run for this event may release or deploy; None where a run may.

    Args:
        forks: whether a fork may release, too (`release.forks`).
    """
    if event.kind is EventKind.MERGE_QUEUE:
        return _nothing(event, "it tries a merge that may never become part of the branch")
    if event.kind is EventKind.PULL_REQUEST and not _builds_released(event, rules):
        return _nothing(event, "what it proposes is on no branch that is released yet")
    if event.fork and not forks:
        return PreconditionError(
            "EVENT_RELEASES_NOTHING",
            f"{event.ci} says that this repository is a fork, and a fork releases nothing",
            hint=f"{_SIMULATE}; if it is the repository that is released, set release.forks: true",
        )
    return None


def _builds_released(event: Event, rules: BranchRules) -> bool:
    """Whether the CI runs on a branch itself, from which a pull request to another one happens to be open."""
    return bool(event.source_branch) and (not rules.configured or rules.releases(event.source_branch, ""))


def _nothing(event: Event, why: str) -> PreconditionError:
    what = str(event.kind).replace("_", " ")
    return PreconditionError(
        "EVENT_RELEASES_NOTHING", f"this is a run for a {what} ({event.ci}), and {why}", hint=_SIMULATE
    )
