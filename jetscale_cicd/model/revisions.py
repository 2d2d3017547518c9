"""The Helm revisions that a run created."""

from dataclasses import dataclass


@dataclass(slots=True)
class NewRevisions:
    """Revisions that one run has made so far; filled while the run goes on.

    Args:
        upgrade: the one with its own chart and values; None where helm made none.
        rollback: the one of a rollback; None where there was none.
        rollback_to: the revision that the rollback brought back.
    """

    upgrade: int | None = None
    rollback: int | None = None
    rollback_to: int | None = None
