"""A release that would be installed a second time, in another namespace, is named before anything is done."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from jetscale_cicd import stage6
from jetscale_cicd.context import open_context
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.precondition import Precondition, PreconditionState, refusal
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.history import Drawn, draw

pytestmark = pytest.mark.quick(8)

MET, WARNING, SKIPPED = PreconditionState.MET, PreconditionState.WARNING, PreconditionState.SKIPPED
SECRETS = "/api/v1/secrets"
LIVE = "live: {namespace: shop, release: app}"


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [charts/app/Chart.yaml envs/live/values.yaml envs/next/values.yaml]")


def cluster(*namespaces: str) -> FakeKubernetes:
    """A cluster with a release `app` in these namespaces."""
    api = FakeKubernetes({"/api/v1/namespaces/shop": {}, "/api/v1/namespaces/next": {}}, collections=(SECRETS,))
    labels = {"owner": "helm", "name": "app", "version": "1", "status": "deployed"}
    for namespace in namespaces:
        api.put(f"{SECRETS}/{namespace}.v1", {"metadata": {"namespace": namespace, "labels": labels}})
    return api


def planned(
    repo: Drawn,
    api: FakeKubernetes,
    monkeypatch: pytest.MonkeyPatch,
    *targets: str,
    live: Mapping[str, LiveState] | None = None,
    asked: tuple[str, ...] = (),
) -> Plan:
    """The plan for these targets, of a file, on this cluster."""
    engine = type(engine_of(Target(name="live")))
    monkeypatch.setattr(engine, "cluster", lambda *_: api)
    monkeypatch.setattr(engine, "prepare", lambda *_: None)
    monkeypatch.setattr(engine, "check", lambda *_: None)
    monkeypatch.setattr(engine, "observe", lambda _, __, target: (live or {}).get(target.name, NotDeployed()))
    (repo.path / "registry").mkdir(exist_ok=True)
    file = repo.path.parent / "config.yaml"
    file.write_text(f"chart: {{registry: registry}}\ntargets: {{{', '.join(targets)}}}\n")
    event = Event(ci="local", kind=EventKind.LOCAL)
    only = ("observed", "elsewhere")
    request = Request(repo=repo.path, event=event, config=file, targets=asked, only=only)
    with open_context(request, lambda _: None) as context:
        return stage6.plan(context)


def found(plan: Plan) -> dict[str | None, Precondition]:
    return {each.target: each for each in plan.preconditions if each.id == "elsewhere"}


@pytest.mark.parametrize(
    ("namespaces", "targets", "state"),
    [
        ((), (LIVE,), MET),
        (("shop-prod",), (LIVE,), WARNING),
        (("a", "b"), (LIVE,), WARNING),
        (("next",), (LIVE, "next: {namespace: next, release: app}"), MET),
        (("next",), (LIVE, "next: {namespace: next, release: other}"), WARNING),
    ],
)
def test_an_installation_beside_a_release_of_that_name_is_warned_of_unless_it_is_a_targets(
    repo: Drawn,
    monkeypatch: pytest.MonkeyPatch,
    namespaces: tuple[str, ...],
    targets: tuple[str, ...],
    state: PreconditionState,
) -> None:
    plan = planned(repo, cluster(*namespaces), monkeypatch, *targets)
    assert found(plan)["live"].state is state
    assert (plan.blocker, refusal(plan.preconditions, to_plan=False)) == (None, None)
    assert [warning.code for warning in plan.warnings] == (["RELEASE_ELSEWHERE"] if state is WARNING else [])
    assert all(namespace in warning.message for warning in plan.warnings for namespace in namespaces)


def test_a_cluster_that_does_not_answer_stops_a_run(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    api = cluster()
    api.script("LIST", SECRETS, ApiFailure(500, "broken"))
    plan = planned(repo, api, monkeypatch, LIVE)
    assert plan.blocker is not None
    assert plan.blocker.code == "CLUSTER_UNREACHABLE"


def test_a_target_that_was_not_asked_for_has_its_release_all_the_same(
    repo: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(repo, cluster("next"), monkeypatch, LIVE, "next: {namespace: next, release: app}", asked=("live",))
    assert {target: check.state for target, check in found(plan).items()} == {"live": MET}


def test_what_is_deployed_already_is_no_installation(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = Deployed(version="0.1.0", commit="", digest="", values_digest="")
    assert found(planned(repo, cluster("other"), monkeypatch, LIVE, live={"live": deployed})) == {}


def test_without_the_right_to_list_it_is_not_checked_and_stops_nothing(
    repo: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = cluster("other")
    api.script("LIST", SECRETS, ApiFailure(403, "no"))
    check = found(planned(repo, api, monkeypatch, LIVE))["live"]
    assert (check.state, bool(check.why)) == (SKIPPED, True)
