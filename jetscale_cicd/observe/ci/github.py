"""GitHub Actions: base and head of each of its events.

What GITHUB_SHA and GITHUB_REF are per event: GitHub Docs, "Events that trigger workflows"; the payload's fields:
"Webhook events and payloads". A payload may be partial: it is empty for merged and forks' pull requests (first page).
"""

from collections.abc import Callable, Mapping

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.record import replace
from jetscale_cicd.observe.ci.variables import CiVariables, branch_of, is_zero

_UNTRUSTED = "it runs with secrets, so a pull request's own commits are not used: use on: pull_request"
# Events that follow another run: where the payload keeps how that ended.
_RESULTS = {
    "check_run": "event.check_run.conclusion",
    "check_suite": "event.check_suite.conclusion",
    "deployment_status": "event.deployment_status.state",
    "status": "event.state",
    "workflow_run": "event.workflow_run.conclusion",
}
# GitHub Docs, "Managing a merge queue": the branch of a merge group, which is pushed, too.
_QUEUE = "gh-readonly-queue/"


def read(ci: CiVariables) -> Event:
    """The event of a GitHub Actions run, and what stands against a release whatever the event brings."""
    event = _read(ci)
    return replace(event, fork=ci.value("event.repository.fork") is True, unsuccessful=_unsuccessful(ci))


def _unsuccessful(ci: CiVariables) -> str:
    """Success is the one result that proves anything; of a run that has not ended it is null."""
    name = ci.text("GITHUB_EVENT_NAME")
    if name not in _RESULTS or (result := ci.text(_RESULTS[name])) == "success":
        return ""
    known = result if result.isascii() and result.replace("_", "").isalpha() else "not known"
    return f"what this {name} run follows did not succeed: its result is {known}"


def _read(ci: CiVariables) -> Event:
    """The event; one that brings no commits counts as a manual one."""
    name = ci.text("GITHUB_EVENT_NAME")
    if name in _WITH_COMMITS:
        if not ci.payload:
            ci.notes.append("no event payload")
        return _WITH_COMMITS[name](ci)
    note = f"a {name} run has no base" if name in _PLAIN else "not an event that brings commits"
    kind = _PLAIN.get(name, EventKind.MANUAL)
    return ci.event(kind, note, head=ci.commit("GITHUB_SHA"), branch=branch_of(ci.text("GITHUB_REF")))


def _push(ci: CiVariables) -> Event:
    """``after`` of an annotated tag names the tag object, so GITHUB_SHA, always a commit, comes first."""
    ref = ci.text("GITHUB_REF", "event.ref")
    if ci.value("event.deleted") is True or is_zero(ci.value("event.after")):
        # GITHUB_SHA and GITHUB_REF are the default branch's by now: commits that this event did not push.
        ref = ci.text("event.ref")
        return ci.event(EventKind.DELETION, "the branch or tag was deleted", head=None, branch=branch_of(ref))
    head = ci.commit("GITHUB_SHA", "event.after")
    if ref.startswith("refs/tags/"):
        return ci.event(EventKind.TAG, "a tag has no base", head=head)
    base = ci.commit("event.before")
    notes = ["force push: the base may be no ancestor of head"] if ci.value("event.forced") is True else []
    kind = EventKind.MERGE_QUEUE if branch_of(ref).startswith(_QUEUE) else EventKind.PUSH
    return ci.event(kind, *notes, head=head, base=base, branch=branch_of(ref))


def _pull_request(ci: CiVariables) -> Event:
    """Checked out is GITHUB_SHA: GitHub's merge of the pull request (refs/pull/N/merge) into a *fresh* target.

    ``pull_request.base.sha`` is the target's tip when the pull request was last touched. It lags behind that merge, so
    a comparison from it would count what others merged since: the merge's first parent is the base.
    """
    ref = ci.text("GITHUB_REF")
    branch = ci.text("GITHUB_BASE_REF", "event.pull_request.base.ref")
    base = ci.commit("event.pull_request.base.sha")
    merged = ci.value("event.pull_request.merged") is True
    closed = ci.value("event.action") == "closed" and not merged
    notes = ["closed without being merged"] if closed else []
    if ref.startswith("refs/pull/") and ref.endswith("/merge") and (head := ci.commit("GITHUB_SHA")):
        return ci.change_request(*notes, head=head, base=base, branch=branch, first_parent=True)
    # Once merged, GITHUB_REF is the target branch itself (its short name until 2023) and GITHUB_SHA a commit of it.
    if merged or (branch and ref.removeprefix("refs/heads/") == branch):
        head = ci.commit("GITHUB_SHA", "event.pull_request.merge_commit_sha")
        return ci.change_request("merged: the push to its target releases it", head=head, base=base, branch=branch)
    return ci.change_request(*notes, head=ci.commit("event.pull_request.head.sha"), base=base, branch=branch)


def _pull_request_target(ci: CiVariables) -> Event:
    """It runs with secrets, on the default branch's last commit (on the target's until 2025), and stays there.

    To render a stranger's chart with secrets around is the "pwn request" of GitHub Security Lab.
    """
    branch = ci.text("GITHUB_BASE_REF", "event.pull_request.base.ref")
    return ci.event(EventKind.PULL_REQUEST, _UNTRUSTED, head=ci.commit("GITHUB_SHA"), branch=branch)


def _merge_group(ci: CiVariables) -> Event:
    """``base_sha`` is the group's parent: the target's tip, or the group that is queued before it."""
    return ci.change_request(
        kind=EventKind.MERGE_QUEUE,
        head=ci.commit("event.merge_group.head_sha", "GITHUB_SHA"),
        base=ci.commit("event.merge_group.base_sha"),
        branch=branch_of(ci.text("event.merge_group.base_ref")),
        tip=False,
    )


def _workflow_run(ci: CiVariables) -> Event:
    """GITHUB_SHA is the default branch's last commit, not the one that the earlier workflow ran on.

    It has secrets even where a fork's pull request started the earlier run: then as for ``pull_request_target``.
    """
    home, source = ci.text("event.repository.full_name"), ci.text("event.workflow_run.head_repository.full_name")
    kind = _WORKFLOW_RUN_KINDS.get(ci.text("event.workflow_run.event"))
    if kind is None or not home or home != source:
        return ci.event(EventKind.PULL_REQUEST, _UNTRUSTED, head=ci.commit("GITHUB_SHA"))
    # Of a tag's run, head_branch is the tag.
    branch = "" if kind is EventKind.TAG else ci.text("event.workflow_run.head_branch")
    return ci.event(kind, "a workflow_run has no base", head=ci.commit("event.workflow_run.head_sha"), branch=branch)


_PLAIN = {
    "release": EventKind.TAG,
    "repository_dispatch": EventKind.MANUAL,
    "schedule": EventKind.SCHEDULE,
    "workflow_dispatch": EventKind.MANUAL,
}
_WORKFLOW_RUN_KINDS = {"push": EventKind.PUSH, "merge_group": EventKind.MERGE_QUEUE, **_PLAIN}
_WITH_COMMITS: Mapping[str, Callable[[CiVariables], Event]] = {
    "merge_group": _merge_group,
    "pull_request": _pull_request,
    "pull_request_review": _pull_request,
    "pull_request_review_comment": _pull_request,
    "pull_request_target": _pull_request_target,
    "push": _push,
    "workflow_run": _workflow_run,
}
