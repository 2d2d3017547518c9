"""Base and head of every event of every CI; a test's name is the rule that it proves."""

import re
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci import detect
from jetscale_cicd.observe.ci.detect import CIS, LOCAL, payload_path, read_event, whole_history
from jetscale_cicd.observe.ci.variables import CiVariables

A, B, C, D = "a" * 40, "b" * 40, "c" * 40, "d" * 40
ZERO = "0" * 40
Payload = dict[str, Any]
FOLDER = Path(detect.__file__).parent
SOURCE = "".join(file.read_text() for file in sorted(FOLDER.glob("*.py")))
PROOFS = [row.proof for row in CIS]
RUN = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}


def github(
    name: str, payload: Payload | None = None, *, ref: str = "refs/heads/main", sha: str = B, **env: str
) -> Event:
    """A GitHub Actions run; GITHUB_SHA is B."""
    env = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": name, "GITHUB_REF": ref, **RUN, **env}
    return read_event(env | {"GITHUB_SHA": sha}, payload)


def push(before: object = A, after: object = B, **payload: object) -> Payload:
    return {"ref": "refs/heads/main", "before": before, "after": after, "deleted": False, "forced": False, **payload}


def pull(*, action: str = "synchronize", **pull_request: object) -> Payload:
    base, head = {"ref": "main", "sha": A}, {"ref": "topic", "sha": C}
    return {"action": action, "pull_request": {"number": 5, "base": base, "head": head, **pull_request}}


def pull_event(payload: Payload | None, *, ref: str = "refs/pull/5/merge", name: str = "pull_request") -> Event:
    return github(name, payload, ref=ref, GITHUB_BASE_REF="main")


def earlier(event: str = "push", *, home: str = "o/r", conclusion: object = "success") -> Payload:
    run = {"event": event, "head_sha": C, "head_branch": "main", "conclusion": conclusion}
    return {"workflow_run": {**run, "head_repository": {"full_name": home}}, "repository": {"full_name": "o/r"}}


def gitlab(source: str = "push", **env: str) -> Event:
    return read_event({"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": source, "CI_COMMIT_SHA": B, **env}, None)


def merge_request(how: str, source: str = "merge_request_event", **env: str) -> Event:
    sides = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": A, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    more = {"CI_MERGE_REQUEST_IID": "5", "CI_COMMIT_BEFORE_SHA": ZERO, "CI_MERGE_REQUEST_EVENT_TYPE": how}
    return gitlab(source, **sides, **more, **env)


def jenkins(**env: str) -> Event:
    return read_event({"CI": "true", "JENKINS_URL": "https://ci.example/", "GIT_COMMIT": B, **env}, None)


def circleci(**env: str) -> Event:
    return read_event({"CIRCLECI": "true", "CIRCLE_SHA1": B, "CIRCLE_BRANCH": "main", **env}, None)


def buildkite(source: str = "webhook", **env: str) -> Event:
    run = {"BUILDKITE": "true", "BUILDKITE_SOURCE": source, "BUILDKITE_COMMIT": B, "BUILDKITE_BRANCH": "main"}
    return read_event({**run, "BUILDKITE_PULL_REQUEST": "false", **env}, None)


def azure(reason: str = "IndividualCI", ref: str = "refs/heads/main", **env: str) -> Event:
    run = {"TF_BUILD": "True", "BUILD_REASON": reason, "BUILD_SOURCEBRANCH": ref, "BUILD_SOURCEVERSION": B}
    return read_event({**run, **env}, None)


def bitbucket(**env: str) -> Event:
    return read_event({"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_COMMIT": B, **env}, None)


def bounds(event: Event) -> tuple[EventKind, str | None, str | None, str]:
    return event.kind, event.base, event.head, event.branch


class TestGitHubPush:
    def test_before_and_the_pushed_commit_are_base_and_head(self) -> None:
        event = github("push", push())
        assert bounds(event) == (EventKind.PUSH, A, B, "main")
        assert (event.ci, event.note, event.base_is_branch_tip) == ("github", "", False)

    def test_a_zero_before_is_a_new_branch_without_a_base(self) -> None:
        event = github("push", push(before=ZERO), ref="refs/heads/feat/a")
        assert bounds(event) == (EventKind.PUSH, None, B, "feat/a")
        assert event.note == "event.before is all zeros: there is no such commit"

    def test_sha256_names_are_commits_too(self) -> None:
        assert github("push", push(before="a" * 64), sha="b" * 64).base == "a" * 64

    def test_a_force_push_keeps_its_base_as_a_doubtful_hint(self) -> None:
        event = github("push", push(forced=True))
        assert (event.base, event.note) == (A, "force push: the base may be no ancestor of head")

    def test_a_deleted_branch_has_no_head_although_github_sha_names_the_default_branch(self) -> None:
        event = github("push", push(after=ZERO, deleted=True, ref="refs/heads/gone"))
        assert bounds(event) == (EventKind.DELETION, None, None, "gone")
        assert "deleted" in event.note

    def test_a_pushed_tag_has_no_base_and_its_head_is_the_commit_not_the_tag_object(self) -> None:
        event = github("push", push(before=ZERO, after=D, ref="refs/tags/v1"), ref="refs/tags/v1")
        assert bounds(event) == (EventKind.TAG, None, B, "")

    def test_without_a_payload_there_is_no_base_and_a_note(self) -> None:
        event = github("push", None)
        assert bounds(event) == (EventKind.PUSH, None, B, "main")
        assert "no event payload" in event.note

    @pytest.mark.parametrize(
        "before",
        [
            None,
            7,
            True,
            [],
            {"sha": A},
            "",
            "HEAD",
            A[:39],
            A[:12],
            A.upper(),
            f"{A}\n",
            "-" * 40,
            "\u0660" * 40,
            "g" * 40,
        ],
    )
    def test_a_malformed_before_is_not_given(self, before: object) -> None:
        event = github("push", push(before=before))
        assert (event.base, event.head) == (None, B)
        assert "event.before" in event.note

    def test_a_malformed_github_sha_gives_way_to_the_payload(self) -> None:
        event = github("push", push(), sha="; rm -rf /")
        assert (event.head, event.note) == (B, "GITHUB_SHA is no full commit name, ignored")

    def test_branch_names_stay_verbatim(self) -> None:
        assert github("push", push(), ref="refs/heads/-x\x1b[31m").branch == "-x\x1b[31m"


class TestGitHubPullRequest:
    def test_head_is_githubs_merge_and_its_first_parent_is_better_than_the_stale_tip(self) -> None:
        event = pull_event(pull())
        assert bounds(event) == (EventKind.PULL_REQUEST, A, B, "main")
        assert (event.base_is_branch_tip, event.base_is_first_parent, event.base_branch) == (True, True, "")

    def test_on_another_ref_head_is_the_pull_requests_own_and_no_parent_is_promised(self) -> None:
        event = pull_event(pull(), ref="refs/pull/5/head")
        assert (event.base, event.head, event.base_is_first_parent) == (A, C, False)

    def test_without_a_payload_the_target_branch_has_to_do(self) -> None:
        event = pull_event({})
        assert (event.base, event.base_branch, event.head) == (None, "main", B)
        assert event.base_is_branch_tip
        assert event.base_is_first_parent

    def test_a_review_is_read_like_its_pull_request(self) -> None:
        assert pull_event(pull(), name="pull_request_review") == pull_event(pull())

    def test_closed_unmerged_says_so(self) -> None:
        event = pull_event(pull(action="closed", merged=False))
        assert (event.kind, event.head, event.note) == (EventKind.PULL_REQUEST, B, "closed without being merged")

    @pytest.mark.parametrize("ref", ["refs/heads/main", "main"])
    def test_closed_by_merging_looks_at_the_target_branch_never_at_the_topic(self, ref: str) -> None:
        event = pull_event(pull(action="closed", merged=True, merge_commit_sha=B), ref=ref)
        assert (event.kind, event.head, event.base_is_first_parent) == (EventKind.PULL_REQUEST, B, False)
        assert "merged" in event.note

    def test_pull_request_target_stays_on_trusted_code(self) -> None:
        event = pull_event(pull(), ref="refs/heads/main", name="pull_request_target")
        assert bounds(event) == (EventKind.PULL_REQUEST, None, B, "main")
        assert "secrets" in event.note


class TestGitHubOthers:
    def test_a_merge_group_starts_at_its_parent(self) -> None:
        group = {
            "base_sha": A,
            "head_sha": C,
            "base_ref": "refs/heads/main",
            "head_ref": "refs/heads/gh-readonly-queue/x",
        }
        event = github("merge_group", {"merge_group": group}, ref="refs/heads/gh-readonly-queue/x")
        assert bounds(event) == (EventKind.MERGE_QUEUE, A, C, "main")
        assert not event.base_is_branch_tip

    def test_workflow_run_looks_at_the_earlier_runs_commit_not_at_github_sha(self) -> None:
        assert bounds(github("workflow_run", earlier())) == (EventKind.PUSH, None, C, "main")

    def test_workflow_run_after_a_release_is_on_no_branch(self) -> None:
        assert bounds(github("workflow_run", earlier("release"))) == (EventKind.TAG, None, C, "")

    @pytest.mark.parametrize("result", ["failure", "cancelled", "timed_out", "skipped", "neutral", None, "\nx", 7])
    def test_a_run_that_follows_one_that_did_not_succeed_says_so(self, result: object) -> None:
        assert github("workflow_run", earlier(conclusion=result)).unsuccessful
        assert github("check_run", {"check_run": {"conclusion": result}}).unsuccessful
        assert github("check_suite", {"check_suite": {"conclusion": result}}).unsuccessful
        assert github("deployment_status", {"deployment_status": {"state": result}}).unsuccessful
        assert github("status", {"state": result}).unsuccessful

    def test_a_run_that_follows_one_that_succeeded_or_none_may_go_on(self) -> None:
        assert github("workflow_run", earlier()).unsuccessful == ""
        assert github("status", {"state": "success"}).unsuccessful == ""
        assert github("push", push()).unsuccessful == ""

    def test_a_fork_is_known_by_what_github_says(self) -> None:
        assert github("push", push(repository={"fork": True})).fork is True
        assert [github("push", push(repository={"fork": value})).fork for value in (False, "true", None)] == [False] * 3

    def test_the_branch_of_a_merge_group_is_no_branch_that_somebody_pushed(self) -> None:
        ref = "refs/heads/gh-readonly-queue/main/pr-5-" + A
        assert github("push", push(), ref=ref).kind is EventKind.MERGE_QUEUE

    @pytest.mark.parametrize(
        "payload",
        [earlier("pull_request"), earlier("pull_request_target"), earlier(home="evil/r"), {"workflow_run": 1}],
    )
    def test_workflow_run_after_a_pull_request_or_a_fork_stays_on_trusted_code(self, payload: Payload) -> None:
        event = github("workflow_run", payload)
        assert bounds(event) == (EventKind.PULL_REQUEST, None, B, "")
        assert "secrets" in event.note

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("schedule", EventKind.SCHEDULE),
            ("workflow_dispatch", EventKind.MANUAL),
            ("repository_dispatch", EventKind.MANUAL),
            ("issue_comment", EventKind.MANUAL),
        ],
    )
    def test_what_pushes_nothing_has_no_base(self, name: str, kind: EventKind) -> None:
        assert bounds(github(name, push())) == (kind, None, B, "main")

    def test_a_dispatch_on_a_tag_is_manual_and_on_no_branch(self) -> None:
        assert bounds(github("workflow_dispatch", {}, ref="refs/tags/v1")) == (EventKind.MANUAL, None, B, "")

    def test_a_release_is_its_tag(self) -> None:
        assert bounds(github("release", {"action": "published"}, ref="refs/tags/v1")) == (EventKind.TAG, None, B, "")


class TestGitLab:
    def test_a_push_starts_at_the_commit_before(self) -> None:
        event = gitlab(CI_COMMIT_BEFORE_SHA=A, CI_COMMIT_BRANCH="main")
        assert bounds(event) == (EventKind.PUSH, A, B, "main")

    def test_a_new_branch_has_no_base(self) -> None:
        event = gitlab(CI_COMMIT_BEFORE_SHA=ZERO, CI_COMMIT_BRANCH="topic")
        assert (event.base, event.note) == (None, "CI_COMMIT_BEFORE_SHA is all zeros: there is no such commit")

    @pytest.mark.parametrize(
        ("source", "kind"),
        [("schedule", EventKind.SCHEDULE), ("web", EventKind.MANUAL), ("pipeline", EventKind.MANUAL)],
    )
    def test_what_is_no_push_has_no_base(self, source: str, kind: EventKind) -> None:
        event = gitlab(source, CI_COMMIT_BEFORE_SHA=ZERO, CI_COMMIT_BRANCH="main")
        assert bounds(event) == (kind, None, B, "main")

    def test_a_pushed_tag_has_no_base_and_a_manual_run_on_it_is_manual(self) -> None:
        assert bounds(gitlab(CI_COMMIT_TAG="v1", CI_COMMIT_BEFORE_SHA=A)) == (EventKind.TAG, None, B, "")
        assert gitlab("web", CI_COMMIT_TAG="v1").kind == EventKind.MANUAL

    def test_a_merge_request_starts_at_its_merge_base_not_at_the_zeros_before(self) -> None:
        event = merge_request("detached")
        assert bounds(event) == (EventKind.PULL_REQUEST, A, B, "main")
        assert (event.base_is_branch_tip, event.base_is_first_parent, event.note) == (False, False, "")

    @pytest.mark.parametrize(
        ("how", "kind"), [("merged_result", EventKind.PULL_REQUEST), ("merge_train", EventKind.MERGE_QUEUE)]
    )
    def test_a_merged_result_starts_at_what_it_was_merged_into(self, how: str, kind: EventKind) -> None:
        event = merge_request(how, CI_MERGE_REQUEST_TARGET_BRANCH_SHA=C)
        assert (event.kind, event.base, event.base_is_first_parent) == (kind, C, False)

    def test_a_merged_result_without_its_target_starts_at_the_first_parent(self) -> None:
        event = merge_request("merged_result")
        assert (event.base, event.base_is_first_parent) == (A, True)

    def test_a_child_pipeline_of_a_merge_request_is_one_too_and_another_projects_is_not(self) -> None:
        assert merge_request("detached", "parent_pipeline").base == A
        assert merge_request("detached", "pipeline").kind == EventKind.MANUAL

    def test_a_child_pipeline_of_a_push_inherits_the_commit_before(self) -> None:
        assert bounds(gitlab("parent_pipeline", CI_COMMIT_BEFORE_SHA=A)) == (EventKind.PUSH, A, B, "")

    def test_an_external_pull_request_starts_at_the_tip_of_its_target(self) -> None:
        sides = {"TARGET_BRANCH_SHA": A, "TARGET_BRANCH_NAME": "main"}
        env = {f"CI_EXTERNAL_PULL_REQUEST_{name}": value for name, value in sides.items()}
        event = gitlab("external_pull_request_event", **env)
        assert bounds(event) == (EventKind.PULL_REQUEST, A, B, "main")
        assert event.base_is_branch_tip


class TestJenkins:
    def test_base_is_the_last_successful_build_not_the_last_one(self) -> None:
        event = jenkins(BRANCH_NAME="main", GIT_PREVIOUS_SUCCESSFUL_COMMIT=A, GIT_PREVIOUS_COMMIT=C)
        assert bounds(event) == (EventKind.PUSH, A, B, "main")

    @pytest.mark.parametrize("never", [{}, {"GIT_PREVIOUS_SUCCESSFUL_COMMIT": "null"}])
    def test_a_failed_build_is_never_a_base(self, never: dict[str, str]) -> None:
        event = jenkins(BRANCH_NAME="main", GIT_PREVIOUS_COMMIT=C, **never)
        assert event.base is None
        assert "no build of this branch has succeeded" in event.note

    def test_a_pull_request_names_its_target_for_the_caller_to_resolve(self) -> None:
        event = jenkins(CHANGE_ID="5", CHANGE_TARGET="-main", BRANCH_NAME="PR-5", GIT_PREVIOUS_SUCCESSFUL_COMMIT=A)
        assert bounds(event) == (EventKind.PULL_REQUEST, None, B, "-main")
        assert (event.base_branch, event.base_is_branch_tip) == ("-main", True)

    def test_outside_multibranch_jobs_the_remote_is_cut_off(self) -> None:
        assert jenkins(GIT_BRANCH="origin/main").branch == "main"

    def test_a_tag_has_no_base(self) -> None:
        event = jenkins(TAG_NAME="v1", BRANCH_NAME="v1", GIT_PREVIOUS_SUCCESSFUL_COMMIT=A)
        assert bounds(event) == (EventKind.TAG, None, B, "")


class TestOtherCIs:
    def test_circleci_gives_no_base(self) -> None:
        event = circleci()
        assert bounds(event) == (EventKind.PUSH, None, B, "main")
        assert "pipeline.git.base_revision" in event.note

    def test_circleci_does_not_tell_the_target_of_a_pull_request(self) -> None:
        event = circleci(CIRCLE_PULL_REQUEST="https://github.com/o/r/pull/5", CIRCLE_BRANCH="topic")
        assert bounds(event) == (EventKind.PULL_REQUEST, None, B, "")
        assert (event.base_branch, event.base_is_branch_tip) == ("", False)

    def test_circleci_builds_tags(self) -> None:
        assert bounds(circleci(CIRCLE_TAG="v1")) == (EventKind.TAG, None, B, "")

    def test_buildkite_names_the_target_branch(self) -> None:
        event = buildkite(
            BUILDKITE_PULL_REQUEST="5", BUILDKITE_PULL_REQUEST_BASE_BRANCH="main", BUILDKITE_BRANCH="topic"
        )
        assert bounds(event) == (EventKind.PULL_REQUEST, None, B, "main")
        assert event.base_branch == "main"

    def test_buildkites_word_head_is_what_is_checked_out(self) -> None:
        event = buildkite("ui", BUILDKITE_COMMIT="HEAD")
        assert (event.kind, event.head, event.note) == (EventKind.MANUAL, None, "Buildkite gives no base")

    def test_buildkites_merge_queue_gives_a_base(self) -> None:
        event = buildkite(BUILDKITE_MERGE_QUEUE_BASE_BRANCH="main", BUILDKITE_MERGE_QUEUE_BASE_COMMIT=A)
        assert bounds(event) == (EventKind.MERGE_QUEUE, A, B, "main")

    def test_a_manual_build_of_a_tag_is_manual(self) -> None:
        assert bounds(buildkite("ui", BUILDKITE_TAG="v1", BUILDKITE_BRANCH="v1")) == (EventKind.MANUAL, None, B, "")
        assert bounds(azure("Manual", "refs/tags/v1")) == (EventKind.MANUAL, None, B, "")

    def test_buildkites_branch_of_a_tag_is_no_branch(self) -> None:
        assert bounds(buildkite(BUILDKITE_TAG="v1", BUILDKITE_BRANCH="v1")) == (EventKind.TAG, None, B, "")

    def test_buildkite_schedules(self) -> None:
        assert buildkite("schedule").kind == EventKind.SCHEDULE

    @pytest.mark.parametrize("target", ["refs/heads/main", "main"])
    def test_azure_builds_the_merge_and_names_the_target_as_a_ref_or_a_branch(self, target: str) -> None:
        event = azure("PullRequest", "refs/pull/5/merge", SYSTEM_PULLREQUEST_TARGETBRANCH=target)
        assert bounds(event) == (EventKind.PULL_REQUEST, None, B, "main")
        assert (event.base_branch, event.base_is_first_parent) == ("main", True)

    @pytest.mark.parametrize(
        ("reason", "ref", "kind"),
        [
            ("BatchedCI", "refs/heads/a/b", EventKind.PUSH),
            ("Schedule", "refs/heads/a/b", EventKind.SCHEDULE),
            ("Manual", "refs/heads/a/b", EventKind.MANUAL),
        ],
    )
    def test_azure_gives_no_base(self, reason: str, ref: str, kind: EventKind) -> None:
        assert bounds(azure(reason, ref)) == (kind, None, B, "a/b")

    def test_azure_builds_tags(self) -> None:
        assert bounds(azure(ref="refs/tags/v1")) == (EventKind.TAG, None, B, "")

    def test_bitbucket_abbreviates_a_pull_requests_commits_so_the_branch_has_to_do(self) -> None:
        sides = {"BITBUCKET_PR_DESTINATION_COMMIT": A[:12], "BITBUCKET_PR_DESTINATION_BRANCH": "main"}
        event = bitbucket(BITBUCKET_PR_ID="5", BITBUCKET_BRANCH="topic", **sides | {"BITBUCKET_COMMIT": B[:12]})
        assert bounds(event) == (EventKind.PULL_REQUEST, None, None, "main")
        assert (event.base_branch, event.base_is_branch_tip) == ("main", True)
        assert "BITBUCKET_PR_DESTINATION_COMMIT is no full commit name" in event.note

    def test_bitbucket_branches_tags_and_custom_pipelines(self) -> None:
        assert bounds(bitbucket(BITBUCKET_BRANCH="main")) == (EventKind.PUSH, None, B, "main")
        assert bounds(bitbucket(BITBUCKET_TAG="v1")) == (EventKind.TAG, None, B, "")
        assert bitbucket().kind == EventKind.MANUAL

    @pytest.mark.parametrize("env", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "0"}, {"GITHUB_ACTIONS": "false"}])
    def test_a_laptop_is_local(self, env: dict[str, str]) -> None:
        assert read_event(env, None) == Event(ci="local", kind=EventKind.LOCAL)

    def test_an_unknown_ci_is_a_manual_run_without_base_and_head(self) -> None:
        event = read_event({"CI": "true", "COMMIT": A}, {"before": A})
        assert (event.ci, *bounds(event)) == ("unknown", EventKind.MANUAL, None, None, "")
        assert "--base" in event.note


class TestWhichCI:
    def test_the_first_row_wins_where_one_ci_runs_inside_another(self) -> None:
        assert github("push", push(), GITLAB_CI="true", JENKINS_URL="https://ci.example").ci == "github"
        assert gitlab(JENKINS_URL="https://ci.example", CI="true").ci == "gitlab"

    def test_only_github_has_a_payload_file(self) -> None:
        assert payload_path({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": "/e.json"}) == "/e.json"
        assert payload_path({"GITHUB_ACTIONS": "true"}) is None
        assert payload_path({"GITLAB_CI": "true", "GITHUB_EVENT_PATH": "/e.json"}) is None
        assert payload_path({}) is None


class TestTheTable:
    def test_a_ci_is_a_row_and_a_module_of_its_name(self) -> None:
        modules = {file.stem for file in FOLDER.glob("*.py")} - {"__init__", "detect", "variables"}
        assert modules == {row.name for row in (*CIS, LOCAL)}

    @pytest.mark.parametrize("name", [row.name for row in (*CIS, LOCAL)])
    def test_each_module_reads_an_event_from_the_variables(self, name: str) -> None:
        read = import_module(f"jetscale_cicd.observe.ci.{name}").read
        assert list(signature(read).parameters) == ["ci"]
        assert get_type_hints(read) == {"ci": CiVariables, "return": Event}

    def test_the_proofs_stand_in_their_order(self) -> None:
        jobs = ["GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE", "TF_BUILD", "BITBUCKET_BUILD_NUMBER"]
        assert [*jobs, "JENKINS_URL", "CI"] == PROOFS


class TestRunUrl:
    @pytest.mark.parametrize(
        ("event", "url"),
        [
            (github("push", push()), "https://github.com/o/r/actions/runs/7"),
            (gitlab(CI_PIPELINE_URL="https://gl.example/o/r/-/pipelines/7"), "https://gl.example/o/r/-/pipelines/7"),
            (jenkins(BUILD_URL="http://ci.example:8080/job/a%20b/7/"), "http://ci.example:8080/job/a%20b/7/"),
            (circleci(CIRCLE_BUILD_URL="https://circleci.com/gh/o/r/7"), "https://circleci.com/gh/o/r/7"),
            (buildkite(BUILDKITE_BUILD_URL="https://buildkite.com/o/p/builds/7"), "https://buildkite.com/o/p/builds/7"),
            (bitbucket(BITBUCKET_REPO_FULL_NAME="o/r"), "https://bitbucket.org/o/r/pipelines/results/7"),
            (
                azure(SYSTEM_COLLECTIONURI="https://dev.azure.com/o/", SYSTEM_TEAMPROJECT="my p", BUILD_BUILDID="7"),
                "https://dev.azure.com/o/my%20p/_build/results?buildId=7",
            ),
            (bitbucket(), ""),
        ],
        ids=lambda value: value.ci if isinstance(value, Event) else "",
    )
    def test_every_ci_links_to_its_run(self, event: Event, url: str) -> None:
        assert event.run_url == url

    @pytest.mark.parametrize(
        ("raw", "kept"),
        [
            ("https://user:token@ci.example/7", "https://ci.example/7"),
            ("HTTPS://a@b@ci.example?x=@y", "https://ci.example?x=@y"),
            ("javascript:alert(1)", ""),
            ("file:///etc/passwd", ""),
            ("vstfs:///Build/Build/7", ""),
            ("https://ci.example/7\n::error::x", ""),
            ("https://ci.example\\@evil.example/", ""),
            ("https://user@/7", ""),
            ("{GIT_COMMIT}", ""),
        ],
    )
    def test_only_web_addresses_without_credentials_are_kept(self, raw: str, kept: str) -> None:
        assert jenkins(BUILD_URL=raw).run_url == kept


# What the readers ask for, taken from their own source, so that the property below cannot fall behind them.
VARIABLES = sorted(set(re.findall(r"\b[A-Z][A-Z0-9]+_[A-Z0-9_]+\b", SOURCE)))
FIELDS = sorted(set(re.findall(r'"event\.([a-z_.]+)"', SOURCE)))
VALUES = sorted(set(re.findall(r'"([A-Za-z_]+)"', SOURCE)))

COMMITS = st.sampled_from([A, B, ZERO, "a" * 64, A.upper(), A[:12], "HEAD", f" {A}", "null"])
REFS = st.sampled_from(["refs/heads/main", "refs/pull/5/merge", "refs/tags/v1", "main", "-x", "https://u:p@h/{x}", "{"])
TEXTS = COMMITS | REFS | st.sampled_from(VALUES) | st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    env = draw(st.dictionaries(st.sampled_from(VARIABLES) | st.text(max_size=5), TEXTS, max_size=20))
    return env | dict.fromkeys(draw(st.lists(st.sampled_from(PROOFS), max_size=2)), "true")


@st.composite
def payloads(draw: st.DrawFn) -> Any:
    payload: Payload = {}
    for path, value in draw(st.dictionaries(st.sampled_from(FIELDS), TEXTS | JSON, max_size=12)).items():
        *parents, last = path.split(".")
        inner = payload
        for key in parents:
            inner = inner.setdefault(key, {}) if isinstance(inner.get(key, {}), dict) else {}
        inner[last] = value
    return draw(st.sampled_from([payload, None]) | JSON)


@given(env=environments(), payload=payloads())
def test_whatever_the_variables_hold_nothing_is_raised_and_every_commit_is_a_full_name(
    env: dict[str, str], payload: Any
) -> None:
    event = read_event(env, payload)
    payload_path(env)
    for commit in (event.base, event.head):
        assert commit is None or re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", commit)
        assert commit is None or commit.strip("0")
    assert not (event.base and event.base_branch)
    assert event.base or event.note or event.kind is EventKind.LOCAL, "a missing base is explained"
    assert event.run_url == "" or event.run_url.startswith(("https://", "http://"))
    assert event.note.isprintable()


def test_the_property_knows_what_the_readers_ask_for() -> None:
    assert {"GITHUB_SHA", "CI_COMMIT_BEFORE_SHA", "CHANGE_TARGET", "BUILD_SOURCEVERSION"} <= set(VARIABLES)
    assert {"before", "pull_request.base.sha", "workflow_run.head_repository.full_name"} <= set(FIELDS)


def test_a_checkout_with_too_little_is_mended_in_the_words_of_its_ci() -> None:
    words = {
        "github": "fetch-depth: 0",
        "gitlab": "GIT_DEPTH",
        "azure": "fetchTags",
        "jenkins": "noTags",
        "local": "git fetch",
    }
    assert {ci: word in whole_history(ci) for ci, word in words.items()} == dict.fromkeys(words, True)
    assert all("tags" in whole_history(row.name).lower() for row in CIS if row.name != "github")
