"""The refusal of a run: the first unmet precondition, with the others in its details."""

from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.precondition import Precondition, PreconditionState, refusal


def unmet(error: Stage6Error | None, *, of_this_process: bool = False) -> Precondition:
    return Precondition(
        id="check", state=PreconditionState.UNMET, what="it holds", error=error, of_this_process=of_this_process
    )


FIRST = CannotTellError("NO_ANSWER", "no answer", details=("a line",), unreachable=True)
OTHER = PreconditionError("MISSING", "it is missing", where="a.yaml", hint="add it")


def test_nothing_unmet_refuses_nothing() -> None:
    assert refusal([unmet(None)], to_plan=False) is None


def test_one_unmet_precondition_is_the_refusal() -> None:
    assert refusal([unmet(None), unmet(OTHER)], to_plan=False) is OTHER


def test_the_first_keeps_every_attribute_and_names_the_others() -> None:
    refused = refusal([unmet(FIRST), unmet(OTHER)], to_plan=False)
    assert isinstance(refused, CannotTellError)
    assert refused.unreachable
    assert refused.details == ("a line", "also MISSING: it is missing (a.yaml); next: add it")
    assert FIRST.details == ("a line",)


def test_a_plan_is_not_refused_for_what_another_process_may_meet() -> None:
    assert refusal([unmet(FIRST, of_this_process=True), unmet(OTHER)], to_plan=True) is OTHER
