"""Checks of the user's own hold: commands that the target names, and entry points of installed packages.

A command gets the manifests as its input, and what is deployed where in its environment. It exits with 0 where its
check holds, with 75 (sysexits.h, EX_TEMPFAIL) where it cannot tell, and with any other status where it does not hold;
its last line says why. The commit names it, so it is run for one that may be released alone; its program is the one of
the checkout.
"""

import os
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.observe.own_program import at_root, deploy_variables
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.process import Finished, ProcessTimeout, tool_environment
from jetscale_cicd.tools.redact import Redactor

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "jetscale_cicd.checks"
_SECONDS = 50.0
_CANNOT_TELL = 75
_LONGEST = 500


def _applies(survey: TargetSurvey) -> bool:
    return bool(survey.target.own_checks) or bool(_entry_points())


def _entry_points() -> "tuple[EntryPoint, ...]":
    from importlib.metadata import entry_points

    return tuple(entry_points(group=GROUP))


def _run(survey: TargetSurvey) -> Found:
    request = survey.context.request
    found = tuple(_of_packages(survey))
    if not survey.target.own_checks:
        return found
    if not (request.acts or request.preflight) or survey.proposal.observed.refusal:
        return found or NotChecked("a command is run for a commit that is released, by a preflight or a run")
    answers = each_beside(lambda check: _of_command(survey, *check), survey.target.own_checks.items())
    return (*found, *(error for error in answers if error))


def _of_command(survey: TargetSurvey, name: str, argv: Sequence[str]) -> Stage6Error | None:
    where = f"targets.{survey.target.name}.own_checks.{name}"
    again = f"correct {name}; to go on without your own checks, in the target: checks: {{{CHECK.id}: warn}}"
    try:
        finished = _finished(survey, argv)
    except ProcessTimeout as late:
        message = survey.context.redact(f"{name}: {late}")
        return CannotTellError("OWN_CHECK_UNKNOWN", message, where=where, hint=again)
    except PreconditionError as missing:
        message, hint = f"{name}: {missing.message}", f"install its program, or {again}"
        return CannotTellError("OWN_CHECK_UNKNOWN", message, where=where, hint=hint)
    return _failed(finished, name, survey.context.redact, where, again) if finished.status else None


def _finished(survey: TargetSurvey, argv: Sequence[str]) -> Finished:
    plan = survey.proposal.plan
    version = str(plan.deploy.version) if plan.deploy else ""
    env = {**tool_environment(os.environ), **deploy_variables(survey.target, plan.head, version)}
    manifests = survey.rendering.text if survey.rendering else b""
    root = survey.context.repository.git.root
    return survey.context.processes.run(at_root(argv, root), env=env, cwd=root, stdin=manifests, timeout=_SECONDS)


def _failed(finished: Finished, name: str, redact: Redactor, where: str, hint: str) -> Stage6Error:
    said = (finished.stderr.strip() or redact(finished.stdout.decode("utf-8", "replace")).strip()).splitlines()
    why = said[-1][-_LONGEST:] if said else f"exit status {finished.status}"
    if finished.status == _CANNOT_TELL:
        return CannotTellError("OWN_CHECK_UNKNOWN", f"{name} cannot tell: {why}", where=where, hint=hint)
    return PreconditionError("OWN_CHECK", f"{name}: {why}", where=where, hint=hint)


def _of_packages(survey: TargetSurvey) -> Iterator[Stage6Error]:
    """What the checks of installed packages find: each is called with the target and its objects."""
    objects = deepcopy([manifest.document for manifest in survey.manifests])  # other checks read them meanwhile
    redact = survey.context.redact
    for point in _entry_points():
        where = f"entry point {point.name} of {GROUP}"
        try:
            for found in point.load()(survey.target, objects):
                yield _own(found, redact, where, point.value)
        except (Exception, SystemExit) as bug:  # noqa: BLE001 - it is not our code
            message = redact(f"{type(bug).__name__}: {bug}")[:_LONGEST]
            yield CannotTellError("OWN_CHECK_UNKNOWN", message, where=where, hint=f"correct {point.value}")


def _own(found: object, redact: Redactor, where: str, hint: str) -> Stage6Error:
    """A finding of a package: an error of its own, or a sentence."""
    if isinstance(found, Stage6Error):
        return found
    return PreconditionError("OWN_CHECK", redact(str(found))[:_LONGEST], where=where, hint=f"see {hint}")


CHECK = SurveyCheck(
    "own-checks", "your own checks hold", _run, applies=_applies, of_cluster=False, reads_manifests=True
)
