"""Why CI started us: a hint about base and head, never the truth."""

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """What happened, in one vocabulary for every CI."""

    PUSH = "push"
    PULL_REQUEST = "pull_request"
    MERGE_QUEUE = "merge_queue"
    TAG = "tag"
    DELETION = "deletion"
    MANUAL = "manual"
    SCHEDULE = "schedule"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One CI event. Branch names are kept verbatim, whatever they hold: the git layer guards them.

    Args:
        ci: the CI's name, ``local`` on a laptop, ``unknown`` for a CI that we do not know.
        kind: what happened.
        base: commit before the change as CI gives it, or None where it gives none (new branch, manual, schedule).
        head: commit to decide for, or None for whatever is checked out.
        base_branch: target branch of a pull request for which CI gives no base commit; it is resolved in the
            repository. Never set together with ``base``.
        base_is_branch_tip: the base, or what ``base_branch`` resolves to, is a tip of the target branch, so the
            change starts at its merge base with head.
        base_is_first_parent: head is CI's own merge of the change into its target, so the exact base is head's first
            parent; the other bases are second best (such a tip may be older, and would add other people's changes).
        branch: branch that was pushed, or that a pull request targets; "" where unknown.
        run_url: link to the run, "" where unknown.
        note: why base or head is missing or doubtful, for people.
    """

    ci: str
    kind: EventKind
    base: str | None = None
    head: str | None = None
    base_branch: str = ""
    base_is_branch_tip: bool = False
    base_is_first_parent: bool = False
    branch: str = ""
    run_url: str = ""
    note: str = ""
