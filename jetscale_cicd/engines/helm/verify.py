"""Whether a deploy is what was promised: Secrets, External Secrets, workloads, an address, the chart's own tests."""

import time
from collections.abc import Callable, Iterator

from jetscale_cicd.decide.cluster.diagnose import blocked, diagnose
from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.cluster.workloads import Object, Snapshot, workload_rows
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.errors import CannotTellError, Stage6Error, VerificationError
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import cannot_tell, read_revision
from jetscale_cicd.observe.cluster.workloads import NO_HOOKS, see_workloads
from jetscale_cicd.tools.helm import failure_of
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from jetscale_cicd.tools.process import ProcessTimeout

_PATIENCE = 60.0  # seconds without any progress
_LOOK = 1.0
# What has to be seen of a kind, so that nothing of it is taken for ready unseen.
_SHOWN_BY = {
    "Deployment": ("Deployment", "ReplicaSet", "Pod"),
    "StatefulSet": ("StatefulSet", "Pod"),
    "DaemonSet": ("DaemonSet", "Pod"),
    "Pod": ("Pod",),
}
_EXTERNAL_SECRETS = ("external-secrets.io/v1", "external-secrets.io/v1beta1")


def verify(release: HelmRelease, status_of: Callable[[str], str]) -> str:
    """Look at everything that the target promises, and give what was seen.

    Args:
        status_of: status and reason of an address, "" where it is fine.

    Raises:
        VerificationError: with the code of what is not as it should be.
        CannotTellError: the cluster does not answer, or does not let this run look.
    """
    target, api = release.target, release.api
    try:
        seen = [*_secrets(api, target), *_external_secrets(api, target), *_workloads(release)]
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None
    if target.probe:
        if trouble := status_of(target.probe):
            step = f"is the ingress right? curl --verbose {target.probe}"
            raise _error("PROBE_ADDRESS", f"{target.probe} does not answer as it should: {trouble}", target, step)
        seen.append(f"{target.probe} answers")
    if target.helm_test:
        seen.append(_test(release))
    return ", ".join(seen)


def _secrets(api: Kubernetes, target: Target) -> Iterator[str]:
    path = f"/api/v1/namespaces/{target.namespace}/secrets"
    missing = [name for name in target.required_secrets if api.get(f"{path}/{name}") is None]
    if missing:
        raise _error(
            "REQUIRED_SECRET_MISSING",
            f"required, and not there: {', '.join(f'Secret {name}' for name in missing)}",
            target,
            f"make them, or say which ones are needed: targets.{target.name}.required_secrets",
        )
    if target.required_secrets:
        yield f"{len(target.required_secrets)} required Secrets are there"


def _external_secrets(api: Kubernetes, target: Target) -> Iterator[str]:
    for name in target.required_external_secrets:
        paths = (f"/apis/{group}/namespaces/{target.namespace}/externalsecrets/{name}" for group in _EXTERNAL_SECRETS)
        found = next((each for path in paths if (each := api.get(path))), None)
        conditions = (found or {}).get("status", {}).get("conditions") or ()
        ready: Object = next((each for each in conditions if each.get("type") == "Ready"), {})
        if ready.get("status") != "True":
            why = f"{ready.get('reason', '')}: {ready.get('message', '')}" if found else "it is not there"
            step = f"kubectl describe externalsecret {name} --namespace {target.namespace}"
            raise _error("EXTERNAL_SECRET_NOT_READY", f"ExternalSecret {name} is not ready: {why}", target, step)
    if target.required_external_secrets:
        yield f"{len(target.required_external_secrets)} ExternalSecrets are ready"


def _workloads(release: HelmRelease) -> Iterator[str]:
    """All pods that are wanted, and no Job that failed: helm waits for no Job that is no hook.

    helm is also content with a Deployment that lacks its ``maxUnavailable``.
    """
    target, progress = release.target, None
    limit = patience = time.monotonic() + target.timeout
    while True:
        release.check()
        snapshot = see_workloads(release.api, target, NO_HOOKS, all_kinds=True)
        lacking = blocked(snapshot)
        waiting = [row for row in workload_rows(snapshot) if not row.complete and row.kind != "Job"]
        now, ready = time.monotonic(), {(row.kind, row.name): row.ready for row in waiting}
        if ready != progress:
            patience, progress = now + _PATIENCE, ready
        if not (waiting or lacking) or now > min(patience, limit):
            break
        time.sleep(_LOOK)
    failed = next(snapshot.failed_jobs(), None)
    if lacking or waiting or failed:
        diagnosis = lacking or diagnose(snapshot, "not ready any more: timed out")
        message = f"{diagnosis.code}: {diagnosis.sentence}"
        raise _error("WORKLOAD_NOT_READY", message, target, _next_step(diagnosis, failed, target), *diagnosis.events)
    _check_seen(release, snapshot)
    rows = workload_rows(snapshot)
    yield f"{len(rows)} workload{'' if len(rows) == 1 else 's'} ready" if rows else "it has no workload to look at"


def _next_step(diagnosis: Diagnosis, failed_job: Object | None, target: Target) -> str:
    """Nothing is rolled back here, so the pods are still there to be asked."""
    namespace = f"--namespace {target.namespace}"
    if failed_job and diagnosis.code in ("JOB_FAILED", "CRASH_LOOP"):
        job = failed_job["metadata"]["name"]
        return f"kubectl logs job/{job} {namespace}; it stays failed until: kubectl delete job {job} {namespace}"
    if diagnosis.source:
        previous = " --previous" if diagnosis.source.previous else ""
        return f"kubectl logs {diagnosis.source.pod} --container {diagnosis.source.container}{previous} {namespace}"
    return diagnosis.next_step


def _check_seen(release: HelmRelease, snapshot: Snapshot) -> None:
    """Nothing that the release has may have been left out for want of a right."""
    unseen = {kind for kinds in _SHOWN_BY.values() for kind in kinds if kind not in snapshot.objects}
    stored = read_revision(release.api, release.target, release.newest()) if unseen else None
    if stored is None:
        return
    where = f"{release.target.namespace}/{release.target.release}"
    kinds = {manifest.kind for manifest in parse_manifests(stored.manifest.encode(), where)}
    wanted = sorted(unseen & {each for kind in kinds for each in _SHOWN_BY.get(kind, ())})
    if wanted:
        raise CannotTellError(
            "VERIFY_FORBIDDEN",
            f"it is deployed; whether all is ready cannot be told, for this run may not list: {', '.join(wanted)}",
            where=where,
            hint="grant get and list of them (docs/deploy.md)",
        )


def _test(release: HelmRelease) -> str:
    try:
        finished = release.helm.test(release.place)
        failure = failure_of(finished) if finished.status else ""
    except ProcessTimeout as late:
        failure = str(late)
    except Stage6Error as ended:
        release.check()  # it was stopped because the lock is lost
        if ended.code != "TOOL_KILLED":
            raise
        failure = ended.message
    if failure:
        step = f"helm test {release.target.release} --namespace {release.target.namespace} --logs"
        raise _error("HELM_TEST_FAILED", f"helm test: {failure}", release.target, step)
    return "helm test passed"


def _error(code: str, message: str, target: Target, hint: str, *details: str) -> VerificationError:
    where = f"{target.namespace}/{target.release}"
    return VerificationError(code, message, where=where, hint=hint, details=details)
