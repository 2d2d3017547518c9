"""Decisions and observations become ordered steps: pure, so that a plan can be read before anything happens."""

import shlex
from dataclasses import replace

import pytest

from jetscale_cicd.decide.plan import ArtifactState, make_plan
from jetscale_cicd.engines.table import PlannedByEngines
from jetscale_cicd.model.change import ChangeSet, Comparison, Counted
from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.plan import Decision, Hold, Plan, Reason, TargetDecision, VersionChoice
from jetscale_cicd.model.release import Absent, CannotTell, NotAsked, Present, RegistryAnswer, Release
from jetscale_cicd.model.revision import RevisionRecord, RevisionState
from jetscale_cicd.model.step import Step, StepName, StepState
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Level, Version

A, B = "a" * 40, "b" * 40
COMPARED = Comparison(A, B, "since release v1.2.3")
LATEST = Release(Version(1, 2, 3), "v1.2.3", A)
NEW = Release(Version(1, 3, 0), "v1.3.0", B)
CHOICE = VersionChoice(version=Version(1, 3, 0), level=Level.MINOR, why="the commits ask for minor")
LIVE = Target(name="live")
PREVIEW = Target(name="preview", env="preview", values=("envs/preview/values.yaml",), watch=("envs/preview/**",))
HELD = Present("sha256:" + "0" * 64)
SHELF = ArtifactState(chart="stack", path="charts/app", reference="oci://example.org/charts/stack", answer=Absent())
AROUND_A_DEPLOY = (StepName.LOCK, StepName.RECOVER, StepName.DEPLOY, StepName.VERIFY, StepName.RECORD)
SATISFIED, NEEDED = StepState.SATISFIED, StepState.NEEDED


def of(target: Target, decision: Decision, *whys: str) -> TargetDecision:
    """What was decided for a target, and what was observed there."""
    reasons = tuple(Reason(scope=target.name, why=why, counts=True) for why in whys)
    return TargetDecision(target=target, decision=decision, reasons=reasons, compared=COMPARED)


def planned(
    *targets: TargetDecision,
    answer: RegistryAnswer | None = None,
    proven: bool = False,
    tagged: bool | None = None,
    notes: tuple[str, ...] = (),
) -> Plan:
    """The plan of these decisions: a new release where one publishes, else the latest."""
    publishes = any(target.decision is Decision.PUBLISH for target in targets)
    artifact = replace(
        SHELF, answer=answer or Absent(), proven=proven, tagged=not publishes if tagged is None else tagged
    )
    return make_plan(
        head=B,
        latest=LATEST,
        changes=ChangeSet(COMPARED, (), lambda: Counted(3)),
        targets=targets,
        choice=CHOICE if publishes else None,
        deploy=NEW if publishes else LATEST,
        artifact=artifact,
        engines=PlannedByEngines(),
        notes=notes,
    )


def with_artifact(artifact: ArtifactState) -> Plan:
    """The plan of a publish."""
    return make_plan(
        head=B,
        latest=LATEST,
        changes=ChangeSet(COMPARED, (), lambda: Counted(3)),
        targets=(of(LIVE, Decision.PUBLISH),),
        choice=CHOICE,
        deploy=NEW,
        artifact=artifact,
        engines=PlannedByEngines(),
    )


def states(plan: Plan) -> dict[str, str]:
    """Each step with its state."""
    return {f"{step.name} {step.target}" if step.target else str(step.name): str(step.state) for step in plan.steps}


def step(plan: Plan, name: StepName) -> Step:
    """The first step of that name."""
    return next(each for each in plan.steps if each.name is name)


UNFINISHED = Hold(revision=4, of=3, to=2, why="", status="failed", sentence="it will be completed")
NOT_VERIFIED = RevisionRecord(revision=4, state=RevisionState.UNVERIFIED, code="QUOTA")
AT_THE_RELEASE = {"lock live": "needed", "recover live": "needed", "record live": "needed"}


@pytest.mark.parametrize(
    ("revision", "hold", "steps"),
    [
        (Revision(number=4, status="deployed"), None, {"deploy live": "satisfied"}),
        (
            Revision(number=4, status="failed", rollback=True),
            UNFINISHED,
            {**AT_THE_RELEASE, "deploy live": "held"},
        ),
        (
            Revision(number=4, status="deployed", record=NOT_VERIFIED),
            None,
            {**AT_THE_RELEASE, "deploy live": "satisfied", "verify live": "needed"},
        ),
        (Revision(number=4, status="deployed", exposed=True), None, {**AT_THE_RELEASE, "deploy live": "satisfied"}),
    ],
)
def test_what_an_earlier_run_left_is_completed_although_nothing_is_deployed(
    revision: Revision, hold: Hold | None, steps: dict[str, str]
) -> None:
    live = Deployed(version="1.2.3", commit=A, digest="", values_digest="", revision=revision)
    plan = planned(replace(of(LIVE, Decision.NOTHING), live=live, hold=hold), answer=HELD)
    assert {name: state for name, state in states(plan).items() if name.endswith(" live")} == steps


class TestTheSteps:
    def test_registry_comes_before_tag_and_tag_before_every_deploy(self) -> None:
        plan = planned(of(LIVE, Decision.PUBLISH), of(PREVIEW, Decision.PUBLISH))
        assert [each.name for each in plan.steps] == [
            *(StepName.PACKAGE, StepName.PUBLISH, StepName.TAG),
            *(AROUND_A_DEPLOY * 2),
        ]
        assert [each.target for each in plan.steps] == [None] * 3 + ["live"] * 5 + ["preview"] * 5

    def test_without_a_cluster_nothing_is_locked(self) -> None:
        plan = planned(of(replace(LIVE, engine="render"), Decision.REDEPLOY), answer=HELD)
        assert [each.name for each in plan.steps if each.target] == [StepName.DEPLOY]

    def test_a_publish_needs_all_of_them(self) -> None:
        plan = planned(of(LIVE, Decision.PUBLISH))
        assert set(states(plan).values()) == {"needed"}
        assert plan.needed

    def test_a_redeploy_needs_the_deploy_alone(self) -> None:
        plan = planned(of(LIVE, Decision.REDEPLOY), answer=HELD)
        assert states(plan) == {
            "package": "satisfied",
            "publish": "satisfied",
            "tag": "satisfied",
            **{f"{name} live": "needed" for name in AROUND_A_DEPLOY},
        }

    def test_a_revision_that_a_dead_run_left_is_named(self) -> None:
        record = Deployed(version="1.2.3", commit=A, digest="", values_digest="")
        live = replace(record, revision=Revision(number=7, status="pending-upgrade"))
        plan = planned(replace(of(LIVE, Decision.REDEPLOY), live=live), answer=HELD)
        assert step(plan, StepName.RECOVER).why == "revision 7 is pending-upgrade"

    def test_only_the_targets_that_are_concerned_are_deployed(self) -> None:
        plan = planned(of(LIVE, Decision.NOTHING), of(PREVIEW, Decision.REDEPLOY), answer=HELD)
        assert plan.decision is Decision.REDEPLOY
        assert (states(plan)["deploy live"], states(plan)["deploy preview"]) == ("satisfied", "needed")

    def test_nothing_needs_nothing(self) -> None:
        plan = planned(of(LIVE, Decision.NOTHING), answer=HELD)
        assert set(states(plan).values()) == {"satisfied"}
        assert not plan.needed

    @pytest.mark.parametrize(
        ("answer", "tagged", "state"),
        [(Absent(), False, NEEDED), (HELD, False, NEEDED), (HELD, True, StepState.UNKNOWN)],
    )
    def test_what_is_not_tagged_yet_is_signed_also_where_it_is_published_already(
        self, answer: RegistryAnswer, tagged: bool, state: StepState
    ) -> None:
        artifact = replace(SHELF, answer=answer, proven=True, tagged=tagged, sign_command=("cosign", "sign"))
        assert step(with_artifact(artifact), StepName.SIGN).state is state

    @pytest.mark.parametrize(
        ("answer", "tagged", "keeps", "is_there"),
        [
            (Absent(), False, True, True),
            (HELD, False, True, True),
            (HELD, True, True, False),
            (Absent(), False, False, False),
        ],
    )
    def test_provenance_is_stated_until_the_version_is_tagged(
        self, answer: RegistryAnswer, tagged: bool, keeps: bool, is_there: bool
    ) -> None:
        plan = with_artifact(replace(SHELF, answer=answer, proven=True, tagged=tagged, provenance=keeps))
        found = [each for each in plan.steps if each.name is StepName.PROVENANCE]
        assert [each.state for each in found] == ([NEEDED] if is_there else [])

    def test_the_command_names_the_package_that_is_stated(self) -> None:
        command = shlex.split(step(with_artifact(replace(SHELF, provenance=True)), StepName.PROVENANCE).command)
        assert command[:2] == ["oras", "attach"]
        assert command[-2:] == ["example.org/charts/stack:1.3.0", "stack-1.3.0.provenance.json"]

    def test_a_release_commit_is_pushed_together_with_its_tag_or_not_at_all(self) -> None:
        command = shlex.split(step(with_artifact(replace(SHELF, branch="main")), StepName.TAG).command)
        assert command[:3] == ["git", "push", "--atomic"]
        assert {"refs/tags/v1.3.0", "refs/tags/v1.3.0^{commit}:refs/heads/main"} < set(command)

    def test_there_are_none_without_a_release(self) -> None:
        plan = make_plan(
            head=B,
            latest=None,
            changes=ChangeSet(COMPARED, (), lambda: Counted(0)),
            targets=[of(LIVE, Decision.NOTHING)],
            choice=None,
            deploy=None,
            artifact=None,
            engines=PlannedByEngines(),
        )
        assert (plan.steps, plan.version, plan.needed) == ((), None, False)

    def test_each_has_a_reason_and_a_command(self) -> None:
        for plan in (planned(of(LIVE, Decision.PUBLISH)), planned(of(LIVE, Decision.NOTHING), answer=HELD)):
            assert all(each.why and shlex.split(each.command) for each in plan.steps)


class TestWhatTheRegistryHolds:
    def test_the_same_content_of_a_killed_run_is_not_published_again(self) -> None:
        plan = planned(of(LIVE, Decision.PUBLISH), answer=HELD, proven=True)
        assert states(plan) == {
            "package": "satisfied",
            "publish": "satisfied",
            "tag": "needed",
            **{f"{name} live": "needed" for name in AROUND_A_DEPLOY},
        }

    def test_content_that_nobody_compared_satisfies_no_publish(self) -> None:
        assert step(planned(of(LIVE, Decision.PUBLISH), answer=HELD), StepName.PUBLISH).state is NEEDED

    @pytest.mark.parametrize("decision", [Decision.REDEPLOY, Decision.NOTHING])
    def test_a_chart_that_is_missing_behind_its_tag_is_rebuilt_from_the_tag(self, decision: Decision) -> None:
        plan = planned(of(LIVE, decision), answer=Absent())
        assert (states(plan)["package"], states(plan)["publish"], states(plan)["tag"]) == (
            "needed",
            "needed",
            "satisfied",
        )
        assert "rebuilt from v1.2.3" in step(plan, StepName.PUBLISH).why
        assert plan.needed

    def test_a_registry_that_was_not_asked_is_said_and_never_called_absent(self) -> None:
        answer = NotAsked("only commits are compared")
        publish = step(planned(of(LIVE, Decision.PUBLISH), answer=answer), StepName.PUBLISH)
        redeploy = step(planned(of(LIVE, Decision.REDEPLOY), answer=answer), StepName.PUBLISH)
        assert (publish.state, redeploy.state) == (NEEDED, SATISFIED)
        assert "not asked: only commits are compared" in publish.why
        assert "not asked: only commits are compared" in redeploy.why

    @pytest.mark.parametrize("decision", list(Decision))
    def test_one_that_does_not_answer_is_neither_absent_nor_other_content(self, decision: Decision) -> None:
        publish = step(planned(of(LIVE, decision), answer=CannotTell("HTTP 503")), StepName.PUBLISH)
        assert publish.state is NEEDED
        assert publish.why == "oci://example.org/charts/stack cannot be read: HTTP 503"


class TestWhyATargetIsDeployed:
    @pytest.mark.parametrize(
        ("decided", "why"),
        [
            (of(LIVE, Decision.PUBLISH), "1.3.0 is new"),
            (of(LIVE, Decision.REDEPLOY), "its values changed"),
            (of(LIVE, Decision.NOTHING), "no path that it watches changed"),
            (of(LIVE, Decision.REDEPLOY, "1.2.2 is deployed"), "1.2.2 is deployed"),
        ],
    )
    def test_is_what_was_observed_or_what_was_decided(self, decided: TargetDecision, why: str) -> None:
        assert step(planned(decided, answer=HELD), StepName.DEPLOY).why == why


class TestTheCommands:
    def test_are_those_that_a_person_would_type(self) -> None:
        plan = planned(of(LIVE, Decision.PUBLISH))
        assert [each.command for each in plan.steps] == [
            "helm package charts/app --version 1.3.0",
            "helm push stack-1.3.0.tgz oci://example.org/charts",
            "git push origin refs/tags/v1.3.0",
            "kubectl get lease stage6-jetscale-stack --namespace jetscale-prod",
            "helm history jetscale-stack --namespace jetscale-prod",
            (
                "helm upgrade --install jetscale-stack oci://example.org/charts/stack --version 1.3.0"
                " --namespace jetscale-prod --values envs/live/values.yaml"
            ),
            "kubectl get pods --namespace jetscale-prod",
            "helm history jetscale-stack --namespace jetscale-prod",
        ]

    def test_app_version_is_named_where_it_is_stamped(self) -> None:
        plan = with_artifact(replace(SHELF, stamps_app_version=True))
        assert plan.steps[0].command == "helm package charts/app --version 1.3.0 --app-version 1.3.0"

    def test_values_keep_their_order_because_the_last_one_wins(self) -> None:
        target = replace(LIVE, values=("b.yaml", "a.yaml"))
        assert PlannedByEngines().command(target, "x.tgz", "1.0.0").endswith("--values b.yaml --values a.yaml")

    def test_a_package_in_a_directory_has_its_version_in_its_name(self) -> None:
        assert "--version" not in PlannedByEngines().command(LIVE, "/registry/stack-1.0.0.tgz", "1.0.0")

    def test_the_render_engine_only_renders(self) -> None:
        assert PlannedByEngines().command(replace(LIVE, engine="render"), "x.tgz", "1.0.0").startswith("helm template ")

    @pytest.mark.parametrize("name", ["a b", "$(x)", "a;b", "'", "ä"])
    def test_survive_a_shell(self, name: str) -> None:
        words = shlex.split(
            PlannedByEngines().command(replace(LIVE, values=(f"envs/{name}.yaml",)), f"/{name}.tgz", "1.0.0")
        )
        assert f"envs/{name}.yaml" in words
        assert f"/{name}.tgz" in words


class TestThePlan:
    @pytest.mark.parametrize(
        ("decision", "version"), [(Decision.PUBLISH, "1.3.0"), (Decision.REDEPLOY, "1.2.3"), (Decision.NOTHING, None)]
    )
    def test_names_the_version_that_gets_deployed(self, decision: Decision, version: str | None) -> None:
        plan = planned(of(LIVE, decision), answer=HELD)
        assert (str(plan.version) if plan.version else None) == version

    def test_takes_the_strongest_decision_of_its_targets(self) -> None:
        assert planned(of(LIVE, Decision.NOTHING), of(PREVIEW, Decision.PUBLISH)).decision is Decision.PUBLISH

    def test_keeps_what_it_was_made_of(self) -> None:
        plan = planned(of(LIVE, Decision.PUBLISH), notes=("a note",))
        assert (plan.head, plan.latest, plan.choice, plan.changes.count, plan.notes) == (
            B,
            LATEST,
            CHOICE,
            3,
            ("a note",),
        )
