"""The Helm revisions that a run created."""

from typing import NamedTuple


class NewRevisions(NamedTuple):
    """The revisions of one release that a run created; None where it created none.

    Args:
        upgrade: the revision of its own chart and values.
        rollback: the revision of a rollback.
        rollback_to: the revision that the rollback brought back.
    """

    upgrade: int | None = None
    rollback: int | None = None
    rollback_to: int | None = None
