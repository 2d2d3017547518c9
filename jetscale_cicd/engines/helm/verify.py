"""Verification of a deploy: required Secrets, every object of the release, an address, tests."""

import time
from collections.abc import Callable, Iterator

from jetscale_cicd.decide.cluster.definitions import DEFINITION
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.probe_answers import Answer
from jetscale_cicd.decide.cluster.secret_pipes import GROUP
from jetscale_cicd.decide.objects.first_cause import in_order_of_cause
from jetscale_cicd.decide.objects.history import HOLD_DATA, holds_data, still_there
from jetscale_cicd.engines.helm.probe import await_probe
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.errors import CannotTellError, VerificationError
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.ledger import Ledger, LedgerRow, ObjectState
from jetscale_cicd.model.outcome import PartName
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.definitions import definitions_of
from jetscale_cicd.observe.cluster.helm_release import read_revision
from jetscale_cicd.observe.cluster.ledger import ReleaseObjects
from jetscale_cicd.tools.helm import failure_of
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from jetscale_cicd.tools.process import ProcessTimeout, ToolKilledError
from jetscale_cicd.tools.worker import pause

_STALLED = 60.0  # seconds without any change
_POLL = 1.0
_MOST_LINES = 8
_SYNCED = "ExternalSecret"
_HOOK_STEP = (
    "run it once by hand (helm get hooks shows it; a Job of its name that is complete counts), "
    "or let upgrades run it, too: helm.sh/hook"
)


def verify(
    release: HelmRelease, ask: Callable[[str], Answer], smoke_test: Callable[[HelmRelease], str] | None = None
) -> str:
    """Check everything that the target requires, and give what was found.

    Args:
        ask: what an address answers.
        smoke_test: runs that of the target, and says that it passed; None where there is none to run.

    Raises:
        VerificationError: with the code of the requirement that is not met.
        CannotTellError: the cluster does not answer, or does not let this run read it.
    """
    target, api, timed = release.target, release.api, release.parts.timed
    try:
        with timed(PartName.OBJECTS):
            seen = [*_secrets(api, target), *_objects(release)]
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None
    if target.probe:
        with timed(PartName.PROBE):
            seen.append(await_probe(release, ask))
    if target.helm_test:
        with timed(PartName.HELM_TEST):
            seen.append(_test(release))
    if smoke_test:
        with timed(PartName.SMOKE_TEST):
            seen.append(smoke_test(release))
    return ", ".join(seen)


def _secrets(api: Kubernetes, target: Target) -> Iterator[str]:
    path = f"/api/v1/namespaces/{target.namespace}/secrets"
    missing = [name for name in target.contract_secrets if api.get(f"{path}/{name}") is None]
    if missing:
        raise _error(
            "REQUIRED_SECRET_MISSING",
            f"required, and not there: {', '.join(f'Secret {name}' for name in missing)}",
            target,
            f"create them, or name those that are required: targets.{target.name}.contract.secrets",
        )
    if target.contract_secrets:
        yield f"{len(target.contract_secrets)} required Secrets are there"


def _objects(release: HelmRelease) -> Iterator[str]:
    """Every object of the release, and every ExternalSecret of the contract, is what it is to be."""
    target = release.target
    stored = read_revision(release.api, target, release.newest())
    if stored is None:
        release.check_newest(None)  # which says that it is gone
        return
    seen = ReleaseObjects.of(release.api, target, stored).with_history(stored).with_definitions(stored)
    objects = _with_contract(seen)
    if target.prune:
        yield from _pruned(release, objects)
    ledger = _awaited(release, objects)
    if ledger.unseen:
        raise _unseen(release, ledger)
    if not ledger.is_green:
        raise _not_ready(ledger, target)
    workloads = sum(row.pods is not None for row in ledger.rows)
    yield f"{workloads} workload{'' if workloads == 1 else 's'} ready" if workloads else "it has no workload"
    yield f"{len(ledger.rows)} object{'' if len(ledger.rows) == 1 else 's'} there"
    if synced := sum(row.kind == _SYNCED for row in ledger.rows):
        yield f"{synced} ExternalSecrets are ready"
    yield from (f"{row.subject}: {row.reason}" for row in ledger.rows if row.reason)
    if target.crds == "ignore" and (ignored := definitions_of(target, stored)):
        yield f"{len(ignored)} definitions of crds/ are not judged (crds: ignore)"


def _with_contract(objects: ReleaseObjects) -> ReleaseObjects:
    """Also the ExternalSecrets that the target requires, which the chart need not have."""
    target = objects.target
    named = {each.name for each in objects.manifests if (each.group, each.kind) == (GROUP, _SYNCED)}
    required = [name for name in target.contract_external_secrets if name not in named]
    if not required:
        return objects
    version = next(iter(objects.kinds.versions(GROUP)), "v1")
    more = (Manifest(f"{GROUP}/{version}", _SYNCED, target.namespace, name, {}) for name in required)
    return replace(objects, required=tuple(more))


def _awaited(release: HelmRelease, objects: ReleaseObjects) -> Ledger:
    """The ledger once it is green, or once waiting is of no use any more.

    helm waits for less: not for Jobs, ExternalSecrets and custom resources; and it accepts a Deployment that lacks its
    ``maxUnavailable``.
    """
    target = release.target
    limit = stalled = settled = time.monotonic() + target.timeout
    before: Ledger | None = None
    while True:
        release.check()
        ledger = objects.ledger()
        ledger = ledger if target.wait_for_jobs else ledger.without_jobs()
        now = time.monotonic()
        if ledger != before:
            stalled, before = now + _STALLED + _min_ready(objects), ledger
            settled = now + target.settle  # a restart is a change, too
        patient = any(row.may_take_long for row in ledger.waiting)
        if ledger.is_green and now >= settled:
            if target.settle:
                release.parts.ended_with(PartName.SETTLE, now - settled + target.settle)
            return ledger
        if ledger.is_green and now > limit + target.settle:
            raise _restless(ledger, target)
        if not ledger.is_green and (not ledger.may_pass or now > limit or (now > stalled and not patient)):
            return ledger
        pause(_POLL)


def _restless(ledger: Ledger, target: Target) -> VerificationError:
    names = ", ".join(row.subject for row in ledger.rows if row.pods and row.pods.restarts)
    step = f"why? kubectl get pods --namespace {target.namespace}, and the logs of those that were restarted"
    message = f"everything is ready, and something changed again within each {target.settle} s: {names or 'its pods'}"
    return _error("NOT_SETTLED", message, target, step)


def _pruned(release: HelmRelease, objects: ReleaseObjects) -> Iterator[str]:
    """Remove what revisions that failed left and the release has no more; what holds data, a person removes."""
    for _, each in still_there(objects.left, objects.see()):
        if not holds_data(each):
            release.check()
            release.api.delete(objects.kinds.path(each, release.target.namespace))
            yield f"{each.kind} {each.name} is removed, which a failed revision left"


def _min_ready(objects: ReleaseObjects) -> int:
    """Seconds that pods have to be ready before they count as available, during which no count changes."""
    specs = (each.document.get("spec") for each in objects.manifests)
    seconds = (spec.get("minReadySeconds") for spec in specs if isinstance(spec, dict))
    return max((each for each in seconds if isinstance(each, int)), default=0)


def _unseen(release: HelmRelease, ledger: Ledger) -> CannotTellError:
    reasons = dict.fromkeys(row.reason for row in ledger.unseen)
    return CannotTellError(
        "VERIFY_FORBIDDEN",
        f"it is deployed, and cannot be verified: {'; '.join(reasons)}",
        where=release.name,
        hint="grant get and list of them (docs/deploy.md)",
    )


def _not_ready(ledger: Ledger, target: Target) -> VerificationError:
    """The error that tells the first cause, and what else is not ready in a line each."""
    faults = in_order_of_cause(ledger.faults())
    first = faults[0] if faults else None
    row = next((each for each in ledger.waiting if first is None or first in each.faults), ledger.waiting[0])
    message = f"{first.code}: {first.sentence}" if first else row.line
    others = [each.sentence for each in faults[1:]]
    others += [each.line for each in ledger.waiting if not each.faults and each is not row]
    more = (f"also {each}" for each in others[:_MOST_LINES])
    left = (f"… and {len(others) - _MOST_LINES} more",) if len(others) > _MOST_LINES else ()
    details = (*(first.events if first else ()), *more, *left)
    step = _next_step(row, first, target)
    if row.hook:
        return _error("HOOK_NOT_RUN", f"{row.subject}: {row.reason}", target, _HOOK_STEP, *details)
    if row.kind == _SYNCED:
        return _error("EXTERNAL_SECRET_NOT_READY", message, target, step, *details)
    if row.pods:
        return _error("WORKLOAD_NOT_READY", message, target, step, *details)
    return _error("OBJECT_NOT_READY", message, target, step, *details)


def _next_step(row: LedgerRow, fault: Diagnosis | None, target: Target) -> str:
    """Nothing is rolled back here, so the pods are still there for inspection."""
    within = f"--namespace {row.namespace or target.namespace}"
    if row.kind == DEFINITION and row.state in (ObjectState.FAILED, ObjectState.ABSENT) and not fault:
        return f"what differs? jetscale-cicd preflight --target {target.name}; with crds: apply, stage6 --redeploy"
    if row.state is ObjectState.ABSENT and row.kind == _SYNCED and row.name in target.contract_external_secrets:
        return f"make it, or name those that are required: targets.{target.name}.contract.external_secrets"
    if row.state is ObjectState.ABSENT:
        return f"bring it back: jetscale-cicd stage6 --target {target.name} --redeploy"
    if row.kind == "Job" and row.pods is None and row.state in (ObjectState.FAILED, ObjectState.PROGRESSING):
        return f"its log is gone with it: raise its ttl, and run it again: stage6 --target {target.name} --redeploy"
    if row.kind == "Job" and row.state is ObjectState.FAILED:
        return f"kubectl logs job/{row.name} {within}; it stays failed until: kubectl delete job {row.name} {within}"
    if fault and fault.source:
        previous = " --previous" if fault.source.previous else ""
        return f"kubectl logs {fault.source.pod} --container {fault.source.container}{previous} {within}"
    if fault:
        return fault.next_step
    if row.state is ObjectState.LEFT_OVER and row.kind in HOLD_DATA:
        return (
            f"what it holds goes with it: check that, and then: kubectl delete {row.kind.lower()} {row.name} {within}"
        )
    if row.state is ObjectState.LEFT_OVER:
        return f"kubectl delete {row.kind.lower()} {row.name} {within}; or prune: true, where it holds no data"
    return f"kubectl describe {row.kind.lower()} {row.name} {within}"


def _test(release: HelmRelease) -> str:
    try:
        finished = release.helm.test(release.place)
        failure = failure_of(finished) if finished.status else ""
    except ProcessTimeout as late:
        failure = str(late)
    except ToolKilledError as killed:
        release.check()  # where the lock is lost, helm was interrupted for that
        failure = killed.message
    if failure:
        step = f"helm test {release.target.release} --namespace {release.target.namespace} --logs"
        raise _error("HELM_TEST_FAILED", f"helm test: {failure}", release.target, step)
    return "helm test passed"


def _error(code: str, message: str, target: Target, hint: str, *details: str) -> VerificationError:
    where = f"{target.namespace}/{target.release}"
    return VerificationError(code, message, where=where, hint=hint, details=details)
