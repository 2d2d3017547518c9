"""What CI are we in, and which base and head does it give: a table of CIs, read without any I/O.

One row per CI: its name, the variable that proves it, where its run is shown, and the function that reads it. The first
row that holds wins, so the order is the precedence: a CI that sets its variable on the job alone comes before Jenkins,
whose variables are inherited by whatever a machine starts, and before ``CI``, which everybody sets.

Variables and payload are hints from outside. A commit is taken only if it is a full object name, a malformed one counts
as not given, and a note says so; nothing is guessed and nothing is raised. Notes name variables, never their values.

No well-kept library does this: ``ci-environment`` and ``ci-info`` tell the CI, the branch and the head, but no base.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.github import CiVariables, branch_of, read_github


def read_event(env: Mapping[str, str], payload: Mapping[str, object] | None) -> Event:
    """The event that ``env`` and the event's payload tell; never raises.

    Args:
        env: the environment of the process.
        payload: what the file at :func:`payload_path` holds, as JSON; None where there is none or it was not readable.
    """
    said = {name: value for name, value in env.items() if value}
    row = _row(said)
    fields = payload if isinstance(payload, Mapping) else {}
    return row.read(CiVariables(row.name, _run_url(row.run_url, said), said, fields))


def payload_path(env: Mapping[str, str]) -> str | None:
    """The JSON file with the event's payload, where the CI writes one."""
    name = _row(env).payload
    return (env.get(name) or None) if name else None


_GITLAB_SOURCES = {
    "merge_request_event": EventKind.PULL_REQUEST,
    "parent_pipeline": EventKind.PUSH,  # a child inherits its parent's CI_COMMIT_BEFORE_SHA, zeros included
    "push": EventKind.PUSH,
    "schedule": EventKind.SCHEDULE,
    "webide": EventKind.PUSH,
}


def _gitlab(ci: CiVariables) -> Event:
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


def _circleci(ci: CiVariables) -> Event:
    """CircleCI Docs, "Project values and variables": the previous revision is a pipeline value, no variable.

    CIRCLE_PULL_REQUEST is set for a branch *from which* one is open; the target branch is told nowhere.
    """
    head = ci.commit("CIRCLE_SHA1")
    if ci.text("CIRCLE_TAG"):
        return ci.event(EventKind.TAG, "a tag has no base", head=head)
    note = "CircleCI has no variable for a base: give --base << pipeline.git.base_revision >>"
    if ci.text("CIRCLE_PULL_REQUEST", "CIRCLE_PR_NUMBER"):
        return ci.change_request(note, head=head, base=None, branch="")
    return ci.event(EventKind.PUSH, note, head=head, branch=ci.text("CIRCLE_BRANCH"))


def _buildkite(ci: CiVariables) -> Event:
    """Buildkite Docs, "Environment variables"; of a manual build, BUILDKITE_COMMIT is the word ``HEAD``."""
    head = None if ci.text("BUILDKITE_COMMIT") == "HEAD" else ci.commit("BUILDKITE_COMMIT")
    if queue := ci.text("BUILDKITE_MERGE_QUEUE_BASE_BRANCH"):
        base = ci.commit("BUILDKITE_MERGE_QUEUE_BASE_COMMIT")
        return ci.change_request(kind=EventKind.MERGE_QUEUE, head=head, base=base, branch=queue, tip=False)
    if ci.text("BUILDKITE_PULL_REQUEST") not in {"", "false"}:
        return ci.change_request(head=head, base=None, branch=ci.text("BUILDKITE_PULL_REQUEST_BASE_BRANCH"))
    kinds = {"webhook": EventKind.PUSH, "schedule": EventKind.SCHEDULE}
    kind = kinds.get(ci.text("BUILDKITE_SOURCE"), EventKind.MANUAL)
    if ci.text("BUILDKITE_TAG"):  # BUILDKITE_BRANCH is the tag's name, then
        return ci.event(EventKind.TAG if kind is EventKind.PUSH else kind, "a tag has no base", head=head)
    return ci.event(kind, "Buildkite gives no base", head=head, branch=ci.text("BUILDKITE_BRANCH"))


def _azure(ci: CiVariables) -> Event:
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


def _bitbucket(ci: CiVariables) -> Event:
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


def _jenkins(ci: CiVariables) -> Event:
    """Jenkins, "env-vars.html" of the git and branch-api plugins; it does not tell who or what started a build.

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


def _unknown(ci: CiVariables) -> Event:
    return ci.event(EventKind.MANUAL, "a CI that is not known here: give --base and --head", head=None)


def _local(ci: CiVariables) -> Event:
    return ci.event(EventKind.LOCAL, head=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ci:
    """One CI: ``proof`` is set there alone, ``payload`` names the variable that holds the payload's path."""

    name: str
    proof: str
    read: Callable[[CiVariables], Event]
    run_url: str = ""
    payload: str = ""


_LOCAL = _Ci(name="local", proof="", read=_local)
_CIS = (
    _Ci(
        name="github",
        proof="GITHUB_ACTIONS",
        read=read_github,
        run_url="{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
        payload="GITHUB_EVENT_PATH",
    ),
    _Ci(name="gitlab", proof="GITLAB_CI", read=_gitlab, run_url="{CI_PIPELINE_URL}"),
    _Ci(name="circleci", proof="CIRCLECI", read=_circleci, run_url="{CIRCLE_BUILD_URL}"),
    _Ci(name="buildkite", proof="BUILDKITE", read=_buildkite, run_url="{BUILDKITE_BUILD_URL}"),
    _Ci(
        name="azure",
        proof="TF_BUILD",
        read=_azure,
        # BUILD_BUILDURI is a vstfs:/// name, no link.
        run_url="{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    ),
    _Ci(
        name="bitbucket",
        proof="BITBUCKET_BUILD_NUMBER",
        read=_bitbucket,
        run_url="https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    ),
    _Ci(name="jenkins", proof="JENKINS_URL", read=_jenkins, run_url="{BUILD_URL}"),
    _Ci(name="unknown", proof="CI", read=_unknown),
)


def _row(env: Mapping[str, str]) -> _Ci:
    """People switch a CI's behaviour off with ``CI=false``: that proves nothing."""
    return next((row for row in _CIS if env.get(row.proof, "").lower() not in {"", "0", "false"}), _LOCAL)


def _run_url(template: str, env: Mapping[str, str]) -> str:
    """The link to the run without user or password; "" if a part is missing, or it is no web address."""
    try:
        url = template.format_map(env).replace(" ", "%20")
    except KeyError:
        return ""
    scheme, separator, rest = url.partition("://")
    # A browser takes a backslash for a slash; what is not printable could forge a line of output.
    if not separator or scheme.lower() not in {"http", "https"} or "\\" in rest or not rest.isprintable():
        return ""
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    host = rest[:end].rpartition("@")[2]
    return f"{scheme.lower()}://{host}{rest[end:]}" if host else ""
