"""The refusal of a run: the first unmet precondition, with the others in its details."""

from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.precondition import Precondition, PreconditionState, refusal, told_once
from jetscale_cicd.model.record import replace


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


def absent(check: str, code: str = "CLUSTER_UNREACHABLE", target: str = "live") -> Precondition:
    state, error = PreconditionState.CANNOT_TELL, CannotTellError(code, "no answer", unreachable=True)
    return Precondition(id=check, state=state, what="it holds", error=error, target=target)


def test_a_cluster_that_is_not_there_is_told_once_of_each_target() -> None:
    rows = [absent("a"), absent("b"), absent("c", "RIGHTS_UNSEEN"), absent("a", target="other"), unmet(OTHER)]
    told = [(each.target, each.state.value, each.error and each.error.code) for each in told_once(rows)]
    assert told == [
        ("live", "cannot tell", "CLUSTER_UNREACHABLE"),
        ("live", "skipped", None),
        ("live", "skipped", None),
        ("other", "cannot tell", "CLUSTER_UNREACHABLE"),
        (None, "unmet", "MISSING"),
    ]


def test_a_namespace_that_is_not_there_is_told_once_of_each_target() -> None:
    missing = PreconditionError("NAMESPACE_MISSING", "it is missing")
    rows = [replace(unmet(missing), id=name, target=target) for name, target in (("a", "x"), ("b", "x"), ("c", "y"))]
    told = [(each.id, each.state.value) for each in told_once([*rows, unmet(OTHER)])]
    assert told == [("a", "unmet"), ("b", "skipped"), ("c", "unmet"), ("check", "unmet")]


def test_what_is_unseen_of_a_cluster_that_answers_stays() -> None:
    rows = [absent("a", "RIGHTS_UNSEEN"), absent("b", "VAULT_UNREACHABLE"), absent("c")]
    assert told_once(rows) == tuple(rows)


def test_another_cluster_is_told_before_what_is_missing_there() -> None:
    differs = PreconditionError("CLUSTER_DIFFERS", "another one", hint="choose the right context")
    refused = refusal([unmet(OTHER), unmet(differs)], to_plan=False)
    assert refused is not None
    assert (refused.code, refused.details) == (
        "CLUSTER_DIFFERS",
        ("also MISSING: it is missing (a.yaml); next: add it",),
    )
