"""One check of a survey, carried out: its rows, by how much the target says that it counts."""

import copy
import re
import shlex

from jetscale_cicd.errors import CannotTellError, Stage6Error
from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.request import Half
from jetscale_cicd.model.severity import Severity
from jetscale_cicd.model.target import Target
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found, NotChecked, Noted
from jetscale_cicd.preconditions.survey.target import TargetSurvey
from jetscale_cicd.tools.deadline import within

SWITCHED_OFF = "off, as checks: of the target says"
_LIMIT = 60.0  # seconds
# Where a command begins; kubectl config is about the file, whatever its context.
_VERBS = "annotate|api-resources|apply|auth|create|delete|describe|explain|get|label|logs|patch|rollout"
_KUBECTL = re.compile(rf"\bkubectl (?=(?:{_VERBS})\b)")


def surveyed(check: SurveyCheck, survey: TargetSurvey) -> tuple[Precondition, ...]:
    """The rows of a check: one for each thing that does not hold, else a single one."""
    target = survey.target
    row = Precondition(id=check.id, what=check.what, state=PreconditionState.MET, target=target.name)
    row = replace(row, stops_plan=False, converges=check.converges)  # a later run of the commit may meet it
    if (survey.repairs and not check.of_repairs) or (check.of_cluster and not survey.has_clusters):
        return ()
    if not check.applies(survey):
        return ()
    if is_off(check.id, target):
        return (replace(row, state=PreconditionState.SKIPPED, why=SWITCHED_OFF),)
    found = _found(check, survey)
    if isinstance(found, NotChecked | Noted):
        return (answered(row, found),)
    findings = found if isinstance(found, Findings) else Findings(found)
    rows = [
        softened(replace(row, state=_state(error), error=error), target, warns=check.warns) for error in findings.errors
    ]
    if survey.context.request.half is Half.RELEASE:  # what a target lacks, its deploy has to find
        rows = [replace(each, state=PreconditionState.WARNING) for each in rows]
    rows += (replace(row, state=PreconditionState.WARNING, error=error) for error in findings.warnings)
    return tuple(in_context(each, target) for each in rows) or (replace(row, why=findings.note),)


def answered(row: Precondition, found: NotChecked | Noted | None) -> Precondition:
    """The row of a check that found nothing wrong."""
    if isinstance(found, NotChecked):
        return replace(row, state=PreconditionState.SKIPPED, why=found.why)
    return replace(row, why=found.why) if found else row


def in_context(row: Precondition, target: Target) -> Precondition:
    """A row whose commands ask the context of its target, which need not be the current one."""
    if row.error is None or not target.context:
        return row
    error, option = copy.copy(row.error), f"kubectl --context {shlex.quote(target.context)} "
    error.hint = _KUBECTL.sub(lambda _: option, error.hint)
    error.details = tuple(_KUBECTL.sub(lambda _: option, each) for each in error.details)
    return replace(row, error=error)


def is_off(check: str, target: Target) -> bool:
    """Whether the target says that a check is not made."""
    return target.checks.get(check) is Severity.OFF


def softened(row: Precondition, target: Target, *, warns: bool) -> Precondition:
    """A row whose error only warns, where that is how much its check counts.

    Args:
        warns: the check warns by itself; what it cannot tell stops a run, unless the target says otherwise.
    """
    asked = target.checks.get(row.id)
    by_itself = warns and asked is None and row.state is PreconditionState.UNMET
    soft = by_itself or (asked is Severity.WARN and row.error is not None)
    return replace(row, state=PreconditionState.WARNING) if soft else row


def _found(check: SurveyCheck, survey: TargetSurvey) -> Found:
    """What the check finds; a server that does not answer is a finding, and never nothing."""
    if check.reads_manifests and survey.rendering is None:
        return NotChecked("the chart is not rendered")
    from jetscale_cicd.observe.cluster.api_errors import cannot_tell
    from jetscale_cicd.tools.kubernetes import ApiFailure

    try:
        if check.of_cluster and survey.api is None:
            return NotChecked("no cluster is asked")
        return within(_LIMIT, lambda: check.run(survey))
    except ApiFailure as failed:
        return (cannot_tell(failed, survey.target),)
    except TimeoutError:
        return (_late(check, survey.target),)
    except Stage6Error as failed:
        return (failed,)


def _late(check: SurveyCheck, target: Target) -> CannotTellError:
    return CannotTellError(
        "CHECK_TIMEOUT",
        f"{check.id} has no answer after {_LIMIT:g} s",
        where=f"target {target.name}",
        hint="do the API server and the vault answer? Then run again",
    )


def _state(error: Stage6Error) -> PreconditionState:
    return PreconditionState.CANNOT_TELL if isinstance(error, CannotTellError) else PreconditionState.UNMET
