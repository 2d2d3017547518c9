"""What became of each step of a plan."""

from typing import TYPE_CHECKING

from jetscale_cicd.model.request import Request
from jetscale_cicd.report.json.error import error_document
from jetscale_cicd.report.json.plan import plan_document, request_document, step_document

if TYPE_CHECKING:
    from jetscale_cicd.model.outcome import Run, StepOutcome


def asked_run_document(run: "Run", request: Request) -> dict[str, object]:
    """A run, with what was asked."""
    return {**run_document(run), "request": request_document(request)}


def run_document(run: "Run") -> dict[str, object]:
    """A run: its plan, and per step what became of it."""
    from jetscale_cicd.model.outcome import Result

    error, attempts = run.error, [*run.earlier, run]
    done = any(outcome.result is Result.DONE for attempt in attempts for outcome in attempt.outcomes)
    return {
        **plan_document(run.plan),
        "outcome": "failed" if error else "done" if done else "satisfied",
        **_attempt(run),
        "attempts": [plan_document(attempt.plan) | _attempt(attempt) for attempt in run.earlier],
    }


def _attempt(run: "Run") -> dict[str, object]:
    steps = [step_document(outcome.step) | _outcome(outcome) for outcome in run.outcomes]
    return {
        "steps": steps,
        "error": error_document(run.error) if run.error else None,
        "errors": [error_document(error) for error in run.errors],
    }


def _outcome(outcome: "StepOutcome") -> dict[str, object]:
    error = error_document(outcome.error) if outcome.error else None
    return {
        "result": str(outcome.result),
        "detail": outcome.detail,
        "seconds": round(outcome.seconds, 3),
        "parts": [{"name": str(part.name), "seconds": round(part.seconds, 3)} for part in outcome.parts],
        "error": error,
    }
