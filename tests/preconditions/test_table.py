"""All preconditions of a plan, on a real repository: what each check reports, and what a run does with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd import stage6
from jetscale_cicd.config.release_settings import ReleaseSettings
from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.context import RunContext, open_context
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error, VerificationError
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.live import Deployed, LiveState, Revision
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.precondition import Precondition, PreconditionState, refusal
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.preconditions import signer
from tests.support.history import Drawn, bare, draw

MET, UNMET = PreconditionState.MET, PreconditionState.UNMET
CANNOT_TELL, SKIPPED = PreconditionState.CANNOT_TELL, PreconditionState.SKIPPED
FIRST = "feat: a [charts/app/Chart.yaml envs/live/values.yaml]"
RENDERED = Target(name="live", engine="render", output="rendered")


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    """A chart and values, never released."""
    return draw(tmp_path / "repo", FIRST)


@contextmanager
def opened(repo: Drawn, target: Target = RENDERED, **asked: object) -> Iterator[RunContext]:
    """The context of a run for one target, with a directory as the registry."""
    registry = repo.path.parent / "registry"
    registry.mkdir(exist_ok=True)
    event = Event(ci="local", kind=EventKind.LOCAL)
    request = replace(Request(repo=repo.path, event=event), **asked)  # type: ignore[arg-type]
    with open_context(request, lambda _: None) as context:
        yield replace(context, settings=Settings(chart=ChartSettings(registry=str(registry)), targets=(target,)))


def checked(plan: Plan) -> dict[str, tuple[PreconditionState, str | None]]:
    """State and code of each check of a plan."""
    return {each.id: (each.state, each.error.code if each.error else None) for each in plan.preconditions}


def live(patch: pytest.MonkeyPatch, target: Target, state: LiveState) -> None:
    """What the engine of a target observes."""
    patch.setattr(type(engine_of(target)), "observe", lambda *_: state)


def test_a_plan_for_a_directory_meets_all_but_the_namespace_that_no_cluster_was_asked_for(repo: Drawn) -> None:
    with opened(repo) as context:
        plan = stage6.plan(context)
    names = ("configuration", "release-branch", "first-release", "values", "engine")
    met = dict.fromkeys(names, (MET, None))
    assert (checked(plan), plan.blocker) == ({"namespace": (SKIPPED, None), **met}, None)
    assert [each.id for each in plan.preconditions if each.why] == ["namespace"]


def test_every_unmet_one_is_reported_and_the_first_names_the_error(repo: Drawn, tmp_path: Path) -> None:
    foreign = repo.path / "rendered"
    foreign.mkdir()
    (foreign / "mine.txt").write_text("not of a render")
    needs = replace(RENDERED, secrets={"a.b": "ABSENT_TOKEN"})
    with opened(repo, needs, audit=tmp_path / "absent" / "audit.jsonl") as context:
        plan = stage6.plan(context)
        with pytest.raises(Stage6Error) as caught:
            stage6.run(context, plan)
    unmet = {name: code for name, (state, code) in checked(plan).items() if state is UNMET}
    assert list(unmet) == ["secrets", "engine", "audit"]
    assert caught.value.code == unmet["secrets"]
    assert [line.split()[1].rstrip(":") for line in caught.value.details] == [unmet["engine"], unmet["audit"]]


def test_what_another_process_may_meet_does_not_block_the_plan(repo: Drawn, tmp_path: Path) -> None:
    with opened(repo, audit=tmp_path / "absent" / "audit.jsonl") as context:
        plan = stage6.plan(context)
    assert (checked(plan)["audit"][0], plan.blocker) == (UNMET, None)


def test_a_run_checks_its_own_process_again(repo: Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = replace(RENDERED, secrets={"a.b": "LATE_TOKEN"})
    with opened(repo, needs, audit=tmp_path / "later" / "audit.jsonl") as context:
        plan = stage6.plan(context)
        assert {checked(plan)[name][0] for name in ("secrets", "audit")} == {UNMET}
        monkeypatch.setenv("LATE_TOKEN", "known")
        (tmp_path / "later").mkdir()
        monkeypatch.setattr("jetscale_cicd.act.steps.perform", lambda *_: ())
        assert stage6.run(context, plan).plan == plan


def test_a_plan_that_was_never_checked_is_checked_for_this_process(repo: Drawn) -> None:
    to_argo = Target(name="live", engine="argocd")
    with opened(repo, to_argo) as context:
        plan = replace(stage6.plan(context), preconditions=())
        with pytest.raises(PreconditionError) as caught:
            stage6.run(context, plan)
    assert (caught.value.code, repo.git("tag")) == ("ENGINE_NOT_REACHED", "")


def test_what_cannot_be_known_is_no_answer(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise CannotTellError("CLUSTER_UNREACHABLE", "no answer", hint="again")

    monkeypatch.setattr(type(engine_of(RENDERED)), "cluster", unknown)
    with opened(repo) as context:
        plan = stage6.plan(context)
    assert checked(plan)["namespace"] == (CANNOT_TELL, "CLUSTER_UNREACHABLE")
    assert plan.blocker is not None


def test_a_failure_of_another_kind_is_no_result_of_a_check(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise VerificationError("HELM_TEST_FAILED", "a step, not a check", hint="none")

    monkeypatch.setattr(type(engine_of(RENDERED)), "cluster", broken)
    with opened(repo) as context, pytest.raises(VerificationError):
        stage6.plan(context)


def test_values_of_another_namespace_are_unmet(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", FIRST)
    (repo.path / "envs/live/values.yaml").write_text("global:\n  client_name: other\n")
    repo.git("commit", "--quiet", "--all", "--message", "feat: values of another client")
    with opened(repo, replace(RENDERED, client_name="jetscale")) as context:
        plan = stage6.plan(context)
    assert checked(plan)["values"] == (UNMET, "NAMESPACE_MISMATCH")


@pytest.mark.parametrize(
    ("remotes", "expected"),
    [((), MET), (("upstream",), MET), (("origin",), UNMET), (("origin", "upstream"), UNMET)],
)
def test_the_remote_of_semantic_release_is_the_one_that_gets_the_tags(
    repo: Drawn, remotes: tuple[str, ...], expected: PreconditionState
) -> None:
    repo.commit(
        "chore: configure", **{"pyproject.toml": '[tool.semantic_release.remote]\nname = "upstream"\n', "x": "x"}
    )
    for name in remotes:
        repo.git("remote", "add", name, str(bare(repo, repo.path.parent / f"{name}.git")))
    with opened(repo) as context:
        found = checked(stage6.plan(context))["release-remote"]
    assert found == (expected, "RELEASE_REMOTE" if expected is UNMET else None)


def test_a_redeploy_of_what_a_rollback_took_back_is_unmet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = draw(tmp_path / "repo", FIRST, "tag v0.1.0")
    held = Deployed(
        version="0.0.9",
        commit="",
        digest="",
        values_digest="",
        revision=Revision(number=3, status="deployed", rollback=True, rollback_to=1),
    )
    live(monkeypatch, RENDERED, held)
    with opened(repo, redeploy=True) as context:
        plan = stage6.plan(context)
    assert checked(plan)["hold"] == (UNMET, "REDEPLOY_HELD")


def test_a_comparison_of_commits_checks_nothing(repo: Drawn) -> None:
    with opened(repo, since="HEAD") as context:
        plan = stage6.plan(context)
    assert plan.preconditions == ()


def precondition(code: str, *, of_this_process: bool = False) -> Precondition:
    error = PreconditionError(code, "it is missing", hint="make it")
    return Precondition(id=code, state=UNMET, what="it is there", error=error, of_this_process=of_this_process)


@pytest.mark.parametrize(
    ("to_plan", "expected"),
    [(True, ("B", ["C"])), (False, ("A", ["B", "C"]))],
)
def test_the_first_that_counts_is_the_error_and_the_others_its_details(
    to_plan: bool, expected: tuple[str, list[str]]
) -> None:
    rows = (precondition("A", of_this_process=True), precondition("B"), precondition("C"))
    error = refusal(rows, to_plan=to_plan)
    assert error is not None
    assert (error.code, [line.removeprefix("also ").partition(":")[0] for line in error.details]) == expected


def test_none_unmet_is_no_error() -> None:
    assert refusal((Precondition(id="a", state=SKIPPED, what="b", why="c"),), to_plan=False) is None


def test_a_signing_program_that_is_not_installed_is_an_error(repo: Drawn) -> None:
    release = ReleaseSettings(sign_command=("no-such-signer", "{image}"))
    with opened(repo) as context:
        plan = stage6.plan(context)
        kept = replace(context, settings=Settings(chart=ChartSettings(), release=release))
        assert [signer.CHECK.applies(each, plan) for each in (context, kept)] == [False, True]
        with pytest.raises(PreconditionError) as caught:
            signer.CHECK.run(kept, plan)
    assert "no-such-signer" in caught.value.message + caught.value.where
