"""Jenkins: what is known of base and head."""

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.variables import CiVariables


def read(ci: CiVariables) -> Event:
    """Jenkins, "env-vars.html" of the git and branch-api plugins; no variable names who or what started a build.

    GIT_PREVIOUS_COMMIT is never a base: it names the last build even if that failed, and so would lose its changes.
    """
    head, branch = ci.commit("GIT_COMMIT"), ci.text("BRANCH_NAME", "GIT_LOCAL_BRANCH", "GIT_BRANCH")
    if target := ci.text("CHANGE_TARGET"):
        return ci.change_request(head=head, base=None, branch=target)
    if ci.text("TAG_NAME"):
        return ci.event(EventKind.TAG, "a tag has no base", head=head)
    base = ci.commit("GIT_PREVIOUS_SUCCESSFUL_COMMIT")
    notes = [] if base else ["no build of this branch has succeeded yet"]
    # Outside multibranch jobs there is only GIT_BRANCH, with the remote in front.
    return ci.event(EventKind.PUSH, *notes, head=head, base=base, branch=branch.removeprefix("origin/"))
