"""A saved plan: what a run of it asks for, and what must not have changed until then."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.config.saved_plan import SavedPlan, load_saved_plan, read_saved_plan
from jetscale_cicd.errors import ConfigurationError, SupersededError
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.step import StepName, StepState
from jetscale_cicd.report.saved_plan import saved_plan
from tests.report.samples import HEAD, NEXT, NOTHING, PUBLISH, PUBLISHED, REDEPLOY, RELEASE, REQUEST, step


@pytest.fixture
def saved() -> SavedPlan:
    return read_saved_plan(saved_plan(PUBLISHED, str).encode(), "plan.json")


def bare() -> Request:
    return Request(repo=Path(), event=Event(ci="local", kind=EventKind.LOCAL))


def test_a_run_of_a_plan_has_the_request_of_the_plan(saved: SavedPlan) -> None:
    assert saved.request_again(bare()) == replace(REQUEST, head=HEAD)


def test_the_request_of_the_run_takes_precedence(saved: SavedPlan) -> None:
    own = replace(bare(), targets=("live",), engine="helm", registry="elsewhere", redeploy=True)
    asked = saved.request_again(own)
    assert (asked.targets, asked.engine, asked.registry) == (("live",), "helm", "elsewhere")
    assert (asked.redeploy, asked.release_hold) == (True, True)


def test_the_same_plan_is_not_stale(saved: SavedPlan) -> None:
    saved.check_unmoved(PUBLISH)
    saved.check_unmoved(replace(PUBLISH, notes=("another note",)))


@pytest.mark.parametrize(
    "now",
    [
        REDEPLOY,
        NOTHING,
        replace(PUBLISH, shared=PUBLISH.shared[:-1]),
        replace(PUBLISH, shared=(step(StepName.PACKAGE, StepState.NEEDED), *PUBLISH.shared[1:])),
        replace(PUBLISH, shared=(replace(PUBLISH.shared[0], command="another"), *PUBLISH.shared[1:])),
        replace(PUBLISH, shared=(replace(PUBLISH.shared[0], target="live"), *PUBLISH.shared[1:])),
    ],
)
def test_another_plan_is_refused(saved: SavedPlan, now: Plan) -> None:
    with pytest.raises(SupersededError) as caught:
        saved.check_unmoved(now)
    assert caught.value.code == "PLAN_STALE"


def done(plan: Plan, *names: StepName, **changes: object) -> Plan:
    """The plan with steps that are done by now."""
    satisfied = tuple(replace(each, state=StepState.SATISFIED) if each.name in names else each for each in plan.shared)
    return replace(plan, shared=satisfied, **changes)  # type: ignore[arg-type]


DEPLOYED = tuple(
    replace(
        each,
        steps=tuple(
            replace(step, state=StepState.SATISFIED) for step in each.steps if step.state is not StepState.UNKNOWN
        ),
    )
    for each in PUBLISH.target_plans
)
RELEASED = {"decision": Decision.REDEPLOY, "latest": NEXT, "deploy": NEXT}


def test_what_was_done_of_a_plan_is_no_difference(saved: SavedPlan) -> None:
    saved.check_unmoved(done(PUBLISH, StepName.PUBLISH))
    saved.check_unmoved(done(PUBLISH, StepName.PUBLISH, **RELEASED), released=True)


def test_nor_is_all_of_it(saved: SavedPlan) -> None:
    all_done = {"decision": Decision.NOTHING, "latest": NEXT, "target_plans": DEPLOYED}
    saved.check_unmoved(done(PUBLISH, StepName.PUBLISH, **all_done), released=True)


@pytest.mark.parametrize(
    "now",
    [
        done(PUBLISH, StepName.PUBLISH, **{**RELEASED, "latest": RELEASE, "deploy": RELEASE}),
        done(PUBLISH, StepName.PUBLISH, **RELEASED, target_plans=()),
        replace(PUBLISH, shared=(*done(PUBLISH, StepName.PUBLISH).shared, step(StepName.TAG))),
        replace(
            PUBLISH,
            target_plans=tuple(
                replace(each, decided=replace(each.decided, superseded=True)) for each in PUBLISH.target_plans
            ),
            shared=done(PUBLISH, StepName.PUBLISH).shared,
        ),
    ],
)
def test_another_version_target_or_step_is(saved: SavedPlan, now: Plan) -> None:
    with pytest.raises(SupersededError):
        saved.check_unmoved(now, released=True)


def test_the_release_of_another_commit_is_none_of_the_plan(saved: SavedPlan) -> None:
    with pytest.raises(SupersededError):
        saved.check_unmoved(done(PUBLISH, StepName.PUBLISH, **RELEASED), released=False)


def test_a_file_that_is_no_plan_is_refused(tmp_path: Path) -> None:
    other = json.loads(saved_plan(PUBLISHED, str)) | {"schema": 2}
    for content in (b"", b"{}", b"[]", b"\xff", json.dumps(other).encode()):
        file = tmp_path / "plan.json"
        file.write_bytes(content)
        with pytest.raises(ConfigurationError) as caught:
            load_saved_plan(file)
        assert (caught.value.code, caught.value.where) == ("PLAN_FILE", str(file))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_saved_plan(tmp_path)
    assert caught.value.code == "PLAN_FILE"
