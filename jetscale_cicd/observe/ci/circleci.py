"""CircleCI: what is known of base and head."""

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.variables import CiVariables


def read(ci: CiVariables) -> Event:
    """CircleCI Docs, "Project values and variables": the previous revision is a pipeline value, no variable.

    CIRCLE_PULL_REQUEST is set for a branch *from which* one is open; no variable names the target branch.
    """
    head = ci.commit("CIRCLE_SHA1")
    if ci.text("CIRCLE_TAG"):
        return ci.event(EventKind.TAG, "a tag has no base", head=head)
    note = "CircleCI has no variable for a base: give --base << pipeline.git.base_revision >>"
    if ci.text("CIRCLE_PULL_REQUEST", "CIRCLE_PR_NUMBER"):
        return ci.change_request(note, head=head, base=None, branch="", source_branch=ci.text("CIRCLE_BRANCH"))
    return ci.event(EventKind.PUSH, note, head=head, branch=ci.text("CIRCLE_BRANCH"))
