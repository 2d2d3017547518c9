"""Azure Pipelines: what is known of base and head."""

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.variables import CiVariables, branch_of


def read(ci: CiVariables) -> Event:
    """Microsoft Learn, "Use predefined variables" (Azure Pipelines); there, no build has a commit before.

    The target branch is documented as ``refs/heads/main``, but is seen as ``main`` too (`env-ci` 11, its source).
    """
    head, ref = ci.commit("BUILD_SOURCEVERSION"), ci.text("BUILD_SOURCEBRANCH")
    kinds = {
        "BatchedCI": EventKind.PUSH,
        "IndividualCI": EventKind.PUSH,
        "PullRequest": EventKind.PULL_REQUEST,
        "Schedule": EventKind.SCHEDULE,
    }
    kind = kinds.get(ci.text("BUILD_REASON"), EventKind.MANUAL)
    if kind is EventKind.PULL_REQUEST:
        target = ci.text("SYSTEM_PULLREQUEST_TARGETBRANCH").removeprefix("refs/heads/")
        merge = ref.startswith("refs/pull/") and ref.endswith("/merge")
        return ci.change_request(head=head, base=None, branch=target, first_parent=merge)
    if kind is EventKind.PUSH and ref.startswith("refs/tags/"):
        return ci.event(EventKind.TAG, "a tag has no base", head=head)
    return ci.event(kind, "Azure Pipelines gives no base", head=head, branch=branch_of(ref))
