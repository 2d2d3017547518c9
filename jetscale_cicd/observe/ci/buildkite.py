"""Buildkite: what is known of base and head."""

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.variables import CiVariables


def read(ci: CiVariables) -> Event:
    """Buildkite Docs, "Environment variables"; of a manual build, BUILDKITE_COMMIT is ``HEAD``."""
    head = None if ci.text("BUILDKITE_COMMIT") == "HEAD" else ci.commit("BUILDKITE_COMMIT")
    if queue := ci.text("BUILDKITE_MERGE_QUEUE_BASE_BRANCH"):
        base = ci.commit("BUILDKITE_MERGE_QUEUE_BASE_COMMIT")
        return ci.change_request(kind=EventKind.MERGE_QUEUE, head=head, base=base, branch=queue, tip=False)
    if ci.text("BUILDKITE_PULL_REQUEST") not in {"", "false"}:
        target, source = ci.text("BUILDKITE_PULL_REQUEST_BASE_BRANCH"), ci.text("BUILDKITE_BRANCH")
        return ci.change_request(head=head, base=None, branch=target, source_branch=source)
    kinds = {"webhook": EventKind.PUSH, "schedule": EventKind.SCHEDULE}
    kind = kinds.get(ci.text("BUILDKITE_SOURCE"), EventKind.MANUAL)
    if ci.text("BUILDKITE_TAG"):  # BUILDKITE_BRANCH is the tag's name, then
        return ci.event(EventKind.TAG if kind is EventKind.PUSH else kind, "a tag has no base", head=head)
    return ci.event(kind, "Buildkite gives no base", head=head, branch=ci.text("BUILDKITE_BRANCH"))
