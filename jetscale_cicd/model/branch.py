"""Branches: how they are grouped for releases, and where those of a remote are."""

from collections.abc import Mapping

from jetscale_cicd.model.record import field, frozen


@frozen
class BranchGroup:
    """A group of python-semantic-release's `branches`: a regular expression, and whether it makes pre-releases."""

    match: str
    prerelease: bool = False


@frozen
class Heads:
    """Branches of a remote, or of a repository without one.

    Args:
        default: name of the default branch, "" where it is not known.
        default_tip: its commit; None where there is none.
        tips: commit of each branch that was asked for, by name.
    """

    default: str = ""
    default_tip: str | None = None
    tips: Mapping[str, str] = field(default_factory=dict)
