"""The preconditions of a run: what has to hold before anything is changed."""

import copy
from collections.abc import Sequence
from enum import StrEnum

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import frozen, replace


class PreconditionState(StrEnum):
    """Whether a precondition holds."""

    MET = "met"
    UNMET = "unmet"
    WARNING = "warning"  # it does not hold, which is reported before anything is changed, and stops nothing
    CANNOT_TELL = "cannot tell"
    SKIPPED = "skipped"


@frozen(kw_only=True)
class Precondition:
    """One precondition of a run, or of one of its targets.

    Args:
        id: name of the check, as in the table of ``preconditions/``.
        state: whether it holds.
        what: what has to hold.
        target: name of the target that it concerns; None for the whole run.
        error: what is missing, where, and the next step, where it is unmet, warns, or cannot be known.
        why: the reason where the check was skipped; or what a run does, so that it holds.
        of_this_process: it concerns the process that checks (its environment, its files, its tools), so another process
            may meet it: unmet, it stops a run, and does not make a plan fail.
        of_the_version: unmet for one target, it keeps the version from being published for any.
        converges: what is unmet may mend itself within minutes.
        stops_plan: unmet, it makes a plan fail, too; False where a later run of the same commit may meet it.
    """

    id: str
    state: PreconditionState
    what: str
    target: str | None = None
    error: Stage6Error | None = None
    why: str = ""
    of_this_process: bool = False
    of_the_version: bool = False
    converges: bool = False
    stops_plan: bool = True


# A target's cluster is not there to be asked.
_ABSENT = ("CLUSTER_UNREACHABLE", "CLUSTER_UNAUTHORIZED", "CONTEXT_MISSING")
# What each check finds then, in its own words.
_SAME = (*_ABSENT, "KUBECONFIG_UNREADABLE", "RIGHTS_UNSEEN", "DRY_RUN_FAILED")


# So is the namespace of a target, which one check asks for, and another one finds missing by what it tries there.
_NAMESPACE = ("NAMESPACE_MISSING", "NAMESPACE_TERMINATING")


def told_once(rows: Sequence[Precondition]) -> tuple[Precondition, ...]:
    """The rows, where a cluster or a namespace that is not there is one finding of its target, not of each check."""
    first: dict[tuple[str | None, bool], str] = {}
    told = []
    for row in rows:
        code = row.error.code if row.error else ""
        is_namespace = code in _NAMESPACE
        counts = is_namespace or (code in _SAME and row.state is PreconditionState.CANNOT_TELL)
        if counts and (row.target, is_namespace) in first:
            what = "the namespace" if is_namespace else "the cluster"
            why = f"{what} is not there to be asked: see {first[row.target, is_namespace]}"
            row = replace(row, state=PreconditionState.SKIPPED, error=None, why=why)  # noqa: PLW2901
        elif counts and (is_namespace or code in _ABSENT):
            first[row.target, is_namespace] = row.id
        told.append(row)
    return tuple(told)


def foremost(errors: Sequence[Stage6Error]) -> Stage6Error | None:
    """The error that is told first: that the cluster is another one, else the first; None of none.

    What else is missing on another cluster than the one that is meant must not be made there.
    """
    return next((error for error in errors if error.code == "CLUSTER_DIFFERS"), errors[0] if errors else None)


def refusal(preconditions: Sequence[Precondition], *, to_plan: bool) -> Stage6Error | None:
    """The foremost error of what stops a run, with the others in its details; None where nothing does.

    Args:
        to_plan: leave out the preconditions that another process, or a later run, may meet.
    """
    counted = [each for each in preconditions if not to_plan or (each.stops_plan and not each.of_this_process)]
    errors = [each.error for each in counted if each.error and each.state is not PreconditionState.WARNING]
    first = foremost(errors)
    if first is None or len(errors) < 2:
        return first
    lines = tuple(f"also {_line(error)}" for error in errors if error is not first)
    refused = copy.copy(first)
    refused.details = (*first.details, *lines)
    return refused


def _line(error: Stage6Error) -> str:
    where = f" ({error.where})" if error.where else ""
    hint = f"; next: {error.hint}" if error.hint else ""
    return f"{error.code}: {error.message}{where}{hint}"
