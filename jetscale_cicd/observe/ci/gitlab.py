"""GitLab CI: base and head of each of its pipeline sources."""

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.variables import CiVariables

_GITLAB_SOURCES = {
    "merge_request_event": EventKind.PULL_REQUEST,
    "parent_pipeline": EventKind.PUSH,  # a child inherits its parent's CI_COMMIT_BEFORE_SHA, zeros included
    "push": EventKind.PUSH,
    "schedule": EventKind.SCHEDULE,
    "webide": EventKind.PUSH,
}


def read(ci: CiVariables) -> Event:
    """GitLab Docs, "Predefined CI/CD variables reference": the commit before is all zeros for all but pushes."""
    head, source = ci.commit("CI_COMMIT_SHA"), ci.text("CI_PIPELINE_SOURCE")
    kind = _GITLAB_SOURCES.get(source, EventKind.MANUAL)
    # A child of a merge request's pipeline has its variables too. Elsewhere they may be another project's, forwarded.
    if kind is EventKind.PULL_REQUEST or (source == "parent_pipeline" and ci.text("CI_MERGE_REQUEST_IID")):
        return _gitlab_merge_request(ci, head)
    if source == "external_pull_request_event":
        base = ci.commit("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA")
        return ci.change_request(head=head, base=base, branch=ci.text("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"))
    if kind is EventKind.PUSH and ci.text("CI_COMMIT_TAG"):
        return ci.event(EventKind.TAG, "a tag has no base", head=head)
    branch = ci.text("CI_COMMIT_BRANCH")
    if kind is not EventKind.PUSH:
        return ci.event(kind, "only a push has a base", head=head, branch=branch)
    return ci.event(kind, head=head, base=ci.commit("CI_COMMIT_BEFORE_SHA"), branch=branch)


def _gitlab_merge_request(ci: CiVariables, head: str | None) -> Event:
    """Merged results and merge trains check out GitLab's merge; what it was merged into is …TARGET_BRANCH_SHA.

    In a train that is the car before, not the branch. …DIFF_BASE_SHA is the merge base, exact for the source branch
    only; it is not updated when the target branch is changed (GitLab issue 442031).
    """
    branch = ci.text("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    how = ci.text("CI_MERGE_REQUEST_EVENT_TYPE")
    kind = EventKind.MERGE_QUEUE if how == "merge_train" else EventKind.PULL_REQUEST
    merged = how in {"merged_result", "merge_train"}
    if merged and (base := ci.commit("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")):
        return ci.change_request(kind=kind, head=head, base=base, branch=branch, tip=False)
    base = ci.commit("CI_MERGE_REQUEST_DIFF_BASE_SHA")
    return ci.change_request(kind=kind, head=head, base=base, branch=branch, tip=False, first_parent=merged)
