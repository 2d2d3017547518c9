"""An unmet precondition of one target keeps back that target; what a version needs keeps back the run."""

import pytest

from jetscale_cicd.decide.refusal import run_refusal, without_refused
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.step import StepState
from jetscale_cicd.preconditions import namespace, objects, values
from tests.act.conftest import plan

UNMET = PreconditionError("NAMESPACE_MISSING", "no")


def row(
    target: str | None, name: str = "namespace", state: PreconditionState = PreconditionState.UNMET
) -> Precondition:
    """A precondition that does not hold."""
    of_the_version = any(check.CHECK.of_the_version for check in (values, objects, namespace) if check.CHECK.id == name)
    return Precondition(id=name, state=state, what="", target=target, error=UNMET, of_the_version=of_the_version)


def code(made: Plan, *rows: Precondition) -> str | None:
    """The error because of which nothing of the plan is done."""
    error = run_refusal(made, rows)
    return error.code if error else None


def needing(made: Plan, needs: dict[str, tuple[str, ...]]) -> Plan:
    """The same, with what each target needs."""
    decided = [
        replace(each.decided, target=replace(each.decided.target, needs=needs[each.decided.target.name]))
        for each in made.target_plans
    ]
    pairs = zip(made.target_plans, decided, strict=True)
    return replace(made, target_plans=tuple(replace(each, decided=other) for each, other in pairs))


def publish() -> Plan:
    return replace(plan("one", "two"), decision=Decision.PUBLISH)


@pytest.mark.parametrize("made", [plan("one", "two"), publish()])
def test_one_target_keeps_back_itself_alone(made: Plan) -> None:
    assert code(made, row("one")) is None
    states = [{step.state for step in each.steps} for each in without_refused(made, [row("one")]).target_plans]
    assert states == [{StepState.REFUSED}, {StepState.NEEDED}]
    assert [each.refused for each in without_refused(made, [row("one")]).target_plans] == [UNMET, None]


@pytest.mark.parametrize("rows", [[row("one"), row("two")], [row(None)], [row("one"), row(None)]])
def test_nothing_is_done_where_no_target_is_left_or_the_run_itself_is_refused(rows: list[Precondition]) -> None:
    assert code(plan("one", "two"), *rows) == "NAMESPACE_MISSING"


@pytest.mark.parametrize(
    "made", [plan("one", "two", "three"), replace(plan("one", "two", "three"), decision=Decision.PUBLISH)]
)
def test_nothing_is_done_where_all_that_is_left_needs_a_target_that_is_refused(made: Plan) -> None:
    chain = {"one": (), "two": ("one",), "three": ("two",)}
    assert code(needing(made, chain), row("one")) == "NAMESPACE_MISSING"
    assert code(needing(made, {**chain, "three": ()}), row("one")) is None
    assert code(needing(made, chain), row("three")) is None


@pytest.mark.parametrize("name", ["values", "objects"])
def test_what_a_target_cannot_render_is_published_for_none_and_redeployed_to_the_others(name: str) -> None:
    assert code(publish(), row("one", name)) == "NAMESPACE_MISSING"
    assert code(plan("one", "two"), row("one", name)) is None


def test_a_warning_keeps_nothing_back() -> None:
    warned = row("one", state=PreconditionState.WARNING)
    assert code(plan("one"), warned) is None
    assert without_refused(plan("one"), [warned]) == plan("one")


def test_a_target_that_is_refused_and_had_nothing_to_do_still_makes_the_run_red() -> None:
    made = plan("one", "two")
    idle = replace(made.target_plans[0], steps=(replace(made.target_plans[0].steps[2], state=StepState.UNKNOWN),))
    made = replace(made, target_plans=(idle, made.target_plans[1]))
    assert code(made, row("one")) is None
    assert without_refused(made, [row("one")]).target_plans[0].refused is UNMET
