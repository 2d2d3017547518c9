"""Why the CI started this run. Its base and head are a hint: what is compared is observed in the repository."""

from enum import StrEnum

from jetscale_cicd.model.record import frozen


class EventKind(StrEnum):
    """The kinds of events, the same for every CI."""

    PUSH = "push"
    PULL_REQUEST = "pull_request"
    MERGE_QUEUE = "merge_queue"
    TAG = "tag"
    DELETION = "deletion"
    MANUAL = "manual"
    SCHEDULE = "schedule"
    LOCAL = "local"


@frozen(kw_only=True)
class Event:
    """One CI event. Branch names are kept verbatim; the git layer checks them.

    Args:
        ci: name of the CI, ``local`` outside a CI, ``unknown`` for a CI that is not in the table.
        kind: what happened.
        base: commit before the change as the CI gives it, None where it gives none (new branch, manual, schedule).
        head: commit to decide for, None for the commit that is checked out.
        base_branch: target branch of a pull request for which the CI gives no base commit; it is resolved in the
            repository. Never set together with ``base``.
        base_is_branch_tip: the base, or what ``base_branch`` resolves to, is a tip of the target branch, so the
            change starts at its merge base with head.
        base_is_first_parent: head is the CI's own merge of the change into its target branch, so the exact base is
            head's first parent; the tip of the branch may be older, and would add changes of other pull requests.
        branch: branch that was pushed, or the target branch of a pull request; "" where unknown.
        source_branch: branch that a pull request comes from, where the CI runs on that branch and not on a merge of it;
            "" anywhere else.
        fork: the CI says that this repository is a fork.
        unsuccessful: what the run follows, and that it did not succeed; "" where it follows nothing, or did.
        run_url: URL of the run, "" where unknown.
        note: why base or head is missing or uncertain, as a sentence.
    """

    ci: str
    kind: EventKind
    base: str | None = None
    head: str | None = None
    base_branch: str = ""
    base_is_branch_tip: bool = False
    base_is_first_parent: bool = False
    branch: str = ""
    source_branch: str = ""
    fork: bool = False
    unsuccessful: str = ""
    run_url: str = ""
    note: str = ""
