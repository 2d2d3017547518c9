"""Revisions that a run made of a release."""

from typing import NamedTuple


class NewRevisions(NamedTuple):
    """Revisions that one run made.

    Args:
        upgrade: of its own chart and values.
        rollback: of a rollback.
        rollback_to: the revision that the rollback brought back.
    """

    upgrade: int | None = None
    rollback: int | None = None
    rollback_to: int | None = None
