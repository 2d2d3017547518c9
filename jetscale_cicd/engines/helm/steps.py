"""The steps of a target that is a Helm release: its deploy under a lock, verified, and recorded."""

import shlex
from collections.abc import Iterator

from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.step import Step, StepName, StepState

_NEEDED = StepState.NEEDED


def helm_steps(decided: TargetDecision, deploy: Step) -> Iterator[Step]:
    """The deploy step alone where nothing has to be changed, else all steps around it."""
    if not (deploy.state is _NEEDED or decided.needs_repair):
        yield deploy
        return
    target, name = decided.target, decided.target.name
    where = f"{target.namespace}/{target.release}"
    revision = decided.live.revision if isinstance(decided.live, Deployed) else None
    lease = shlex.join(["kubectl", "get", "lease", f"stage6-{target.release}", "--namespace", target.namespace])
    history = shlex.join(["helm", "history", target.release, "--namespace", target.namespace])
    pods = shlex.join(["kubectl", "get", "pods", "--namespace", target.namespace])
    test = shlex.join(target.verify.command) if target.verify else ""
    yield Step(name=StepName.LOCK, state=_NEEDED, why=f"one run at a time changes {where}", command=lease, target=name)
    recover_why = _recover_why(decided, revision)
    yield Step(name=StepName.RECOVER, state=_NEEDED, why=recover_why, command=history, target=name)
    yield deploy
    if deploy.state is _NEEDED or decided.unverified:
        why = f"not verified yet: {decided.unverified}" if decided.unverified else "every object has to be ready"
        why, command = (f"{why}; then the smoke test has to pass", f"{pods} && {test}") if test else (why, pods)
        yield Step(name=StepName.VERIFY, state=_NEEDED, why=why, command=command, target=name)
    yield Step(name=StepName.RECORD, state=_NEEDED, why="the outcome is recorded", command=history, target=name)


def _recover_why(decided: TargetDecision, revision: Revision | None) -> str:
    if revision and decided.unfinished:
        return f"revision {revision.number} is a rollback that is {revision.status}: it is completed"
    if revision and revision.pending:
        return f"revision {revision.number} is {revision.status}"
    if revision and decided.exposed:
        return f"Helm keeps secrets of revision {revision.number} in clear: they are masked"
    return "a revision that an interrupted run left pending is marked failed"
