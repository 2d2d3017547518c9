"""Verification of a deploy: Secrets, ExternalSecrets, workloads, an address, the chart's own tests."""

import time
from collections.abc import Callable, Iterator

from jetscale_cicd.decide.cluster.diagnose import diagnose
from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.faults import blocked
from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.cluster.workloads import Object, Snapshot, workload_rows
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.errors import CannotTellError, VerificationError
from jetscale_cicd.model.diagnosis import Diagnosis, FailedAt
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.helm_release import read_revision
from jetscale_cicd.observe.cluster.workloads import NO_HOOKS, see_workloads
from jetscale_cicd.tools.helm import failure_of
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from jetscale_cicd.tools.process import ProcessTimeout, ToolKilledError
from jetscale_cicd.tools.worker import pause

_STALLED = 60.0  # seconds without any progress
_POLL = 1.0
# The kinds that have to be listed, so that no workload of a kind counts as ready unseen.
_SHOWN_BY = {
    "Deployment": ("Deployment", "ReplicaSet", "Pod"),
    "StatefulSet": ("StatefulSet", "Pod"),
    "DaemonSet": ("DaemonSet", "Pod"),
    "Pod": ("Pod",),
}
_EXTERNAL_SECRETS = ("external-secrets.io/v1", "external-secrets.io/v1beta1")


def verify(release: HelmRelease, status_of: Callable[[str], str]) -> str:
    """Check everything that the target requires, and give what was found.

    Args:
        status_of: status and reason of an address, "" where it is fine.

    Raises:
        VerificationError: with the code of the requirement that is not met.
        CannotTellError: the cluster does not answer, or does not let this run read it.
    """
    target, api = release.target, release.api
    try:
        seen = [*_secrets(api, target), *_external_secrets(api, target), *_workloads(release)]
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None
    if target.probe:
        if wrong := status_of(target.probe):
            step = f"is the ingress right? curl --verbose {target.probe}"
            raise _error("PROBE_ADDRESS", f"{target.probe} does not answer as it should: {wrong}", target, step)
        seen.append(f"{target.probe} answers")
    if target.helm_test:
        seen.append(_test(release))
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


def _external_secrets(api: Kubernetes, target: Target) -> Iterator[str]:
    for name in target.contract_external_secrets:
        paths = (f"/apis/{group}/namespaces/{target.namespace}/externalsecrets/{name}" for group in _EXTERNAL_SECRETS)
        found = next((each for path in paths if (each := api.get(path))), None)
        conditions = (found or {}).get("status", {}).get("conditions") or ()
        ready: Object = next((each for each in conditions if each.get("type") == "Ready"), {})
        if ready.get("status") != "True":
            why = f"{ready.get('reason', '')}: {ready.get('message', '')}" if found else "it is not there"
            step = f"kubectl describe externalsecret {name} --namespace {target.namespace}"
            raise _error("EXTERNAL_SECRET_NOT_READY", f"ExternalSecret {name} is not ready: {why}", target, step)
    if target.contract_external_secrets:
        yield f"{len(target.contract_external_secrets)} ExternalSecrets are ready"


def _workloads(release: HelmRelease) -> Iterator[str]:
    """Every rollout is complete, and no Job failed: helm does not wait for a Job that is no hook.

    helm also accepts a Deployment that lacks its ``maxUnavailable``.
    """
    target, progress = release.target, None
    limit = stalled = time.monotonic() + target.timeout
    while True:
        release.check()
        snapshot = see_workloads(release.api, target, NO_HOOKS, all_kinds=True)
        lacking = blocked(snapshot)
        waiting = [row for row in workload_rows(snapshot) if not row.complete and row.kind != "Job"]
        now, ready = time.monotonic(), {(row.kind, row.name): row.ready for row in waiting}
        if ready != progress:
            stalled, progress = now + _STALLED + _min_ready(snapshot), ready
        if not (waiting or lacking) or now > min(stalled, limit):
            break
        pause(_POLL)
    failed = next(snapshot.failed_jobs(), None)
    if lacking or waiting or failed:
        diagnosis = lacking or diagnose(snapshot, "not ready any more", FailedAt.WAIT)
        message = f"{diagnosis.code}: {diagnosis.sentence}"
        raise _error("WORKLOAD_NOT_READY", message, target, _next_step(diagnosis, failed, target), *diagnosis.events)
    _check_seen(release, snapshot)
    rows = workload_rows(snapshot)
    yield f"{len(rows)} workload{'' if len(rows) == 1 else 's'} ready" if rows else "it has no workload"


def _min_ready(snapshot: Snapshot) -> int:
    """Seconds that pods have to be ready before they count as available, during which no count changes."""
    return max((int(each.get("spec", {}).get("minReadySeconds") or 0) for _, each in snapshot.workloads()), default=0)


def _next_step(diagnosis: Diagnosis, failed_job: Object | None, target: Target) -> str:
    """Nothing is rolled back here, so the pods are still there for inspection."""
    namespace = f"--namespace {target.namespace}"
    if failed_job and diagnosis.code in (FaultCode.JOB_FAILED, FaultCode.CRASH_LOOP):
        job = failed_job["metadata"]["name"]
        return f"kubectl logs job/{job} {namespace}; it stays failed until: kubectl delete job {job} {namespace}"
    if diagnosis.source:
        previous = " --previous" if diagnosis.source.previous else ""
        return f"kubectl logs {diagnosis.source.pod} --container {diagnosis.source.container}{previous} {namespace}"
    return diagnosis.next_step


def _check_seen(release: HelmRelease, snapshot: Snapshot) -> None:
    """Refuse to call the release verified where a kind of its workloads could not be listed."""
    unseen = {kind for kinds in _SHOWN_BY.values() for kind in kinds if kind not in snapshot.objects}
    stored = read_revision(release.api, release.target, release.newest()) if unseen else None
    if stored is None:
        return
    where = f"{release.target.namespace}/{release.target.release}"
    kinds = {manifest.kind for manifest in parse_manifests(stored.manifest.encode(), where)}
    needed = sorted(unseen & {each for kind in kinds for each in _SHOWN_BY.get(kind, ())})
    if needed:
        raise CannotTellError(
            "VERIFY_FORBIDDEN",
            f"it is deployed, and cannot be verified, because this run may not list: {', '.join(needed)}",
            where=where,
            hint="grant get and list of them (docs/deploy.md)",
        )


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
