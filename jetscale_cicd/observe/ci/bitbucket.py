"""Bitbucket Pipelines: what is known of base and head."""

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.variables import CiVariables


def read(ci: CiVariables) -> Event:
    """Atlassian Support, "Variables and secrets"; commits of a pull request are cut to 12 digits (BCLOUD-19393).

    A pull request's pipeline runs on a merge of its destination, made on the runner, which no variable names.
    """
    if ci.text("BITBUCKET_PR_ID"):
        base, branch = ci.commit("BITBUCKET_PR_DESTINATION_COMMIT"), ci.text("BITBUCKET_PR_DESTINATION_BRANCH")
        return ci.change_request("head is the merge that is checked out", head=None, base=base, branch=branch)
    head, branch = ci.commit("BITBUCKET_COMMIT"), ci.text("BITBUCKET_BRANCH")
    if ci.text("BITBUCKET_TAG"):
        return ci.event(EventKind.TAG, "a tag has no base", head=head)
    kind = EventKind.PUSH if branch else EventKind.MANUAL  # a custom pipeline has no branch
    return ci.event(kind, "Bitbucket gives no base", head=head, branch=branch)
