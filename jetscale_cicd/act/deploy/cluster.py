"""The steps of a deploy that only a cluster has: lock, recover, the deploy by helm, verify, record."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from jetscale_cicd.act.context import ActContext, Held, Surroundings
from jetscale_cicd.act.deploy.audit import append_audit, audit_entry, dead_entry
from jetscale_cicd.act.release.published import Package
from jetscale_cicd.engines.helm.lock import hold_lock, holder_name
from jetscale_cicd.engines.helm.recover import recover
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.upgrade import upgrade
from jetscale_cicd.engines.helm.verify import verify
from jetscale_cicd.errors import ConfigurationError, PreconditionError, Stage6Error, SupersededError, VerificationError
from jetscale_cicd.model.live import Deployed, LiveState, NotObserved
from jetscale_cicd.model.plan import StepName
from jetscale_cicd.model.revision import RevisionRecord, RevisionState
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.live import observe_live
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.http import Http, HttpFailure
from jetscale_cicd.tools.kubernetes import Kubernetes


def _lock(acting: ActContext, target: Target) -> str:
    """Lock the release, and observe it again: the run that held the lock before may have changed it."""
    context, closing = acting.context, ExitStack()
    try:
        release = closing.enter_context(locked(context, target))
        acting.held[target.name] = Held(release, closing)
    except BaseException:
        closing.close()
        raise
    planned = next(decided.live for decided in acting.plan.targets if decided.target == target)
    observed = observe_live(context, target)
    if _revision(observed) != _revision(planned):
        raise SupersededError(
            "RELEASE_MOVED",
            f"release {target.release} was changed meanwhile: {_shown(observed)}",
            where=f"{target.namespace}/{target.release}",
            hint="nothing to do: the run observes and plans again",
        )
    return f"{target.namespace}/{target.release} is locked"


@contextmanager
def locked(context: Surroundings, target: Target) -> Iterator[HelmRelease]:
    """A release that no other run changes until the end of the block.

    Raises:
        PreconditionError: ``NO_KUBECONFIG``, or as ``hold_lock``.
    """
    api = cluster_of(context, target)
    run, lost = context.request.event.run_url, threading.Event()
    with hold_lock(api, target, holder_name(run), context.announce, lost) as lock:
        yield HelmRelease(
            api, context.helm, target, lock.check, context.announce, context.show, run, lost, lock.inherited
        )


def cluster_of(context: Surroundings, target: Target) -> Kubernetes:
    """The cluster of a target.

    Raises:
        PreconditionError: ``NO_KUBECONFIG``.
    """
    api = context.kubernetes(target)
    if isinstance(api, NotObserved):
        raise PreconditionError(
            "NO_KUBECONFIG",
            f"there is no cluster to deploy to: {api.why}",
            where=f"target {target.name}",
            hint="set KUBECONFIG, or run with --engine render",
        )
    return api


def _revision(live: LiveState) -> tuple[int, str]:
    revision = live.revision if isinstance(live, Deployed) else None
    return (revision.number, revision.status) if revision else (0, "")


def _shown(live: LiveState) -> str:
    number, status = _revision(live)
    return f"revision {number} is {status}" if number else "it is gone"


def _recover(acting: ActContext, target: Target) -> str:
    decided = next(each for each in acting.plan.targets if each.target == target)
    release, died = acting.held[target.name].release, partial(record_death, acting.context, target)
    return recover(release, finish=decided.unfinished, died=died).found


def record_death(context: Surroundings, target: Target, dead: StoredRelease) -> None:
    """Append to the audit what a run that was killed could not."""
    try:
        append_audit(context.request.audit, dead_entry(context, target, dead), context.redact)
    except ConfigurationError as unwritable:  # no deploy is stopped for the audit
        context.announce(f"! {unwritable.message}: {unwritable.where}")


def deploy(acting: ActContext, target: Target, package: Package) -> str:
    """Bring the release to a package of the chart, which is what the registry holds, byte for byte."""
    release = acting.held[target.name].release
    record = acting.record(target, package.digest)
    files = acting.files(target, record)
    acting.records[target.name] = record
    try:
        revision = upgrade(release, package.chart, files, record, acting.deploy)
    except SupersededError:
        with suppress(Stage6Error):  # the error that is reported is that the release was changed
            release.hide_secrets()
        raise
    finally:
        for file in files:
            file.unlink(missing_ok=True)
    release.hide_secrets()
    return f"{record.version} with the values of {record.commit[:12]} is revision {revision} of {target.release}"


def _verify(acting: ActContext, target: Target) -> str:
    """Verify what is deployed, and record the result on its revision, which is unverified until then."""
    release = acting.held[target.name].release
    number = release.new_revisions.upgrade or release.newest()
    state, failed, verified = RevisionState.VERIFIED, None, ""
    try:
        verified = verify_release(acting.context, release)
    except VerificationError as error:
        state, failed = RevisionState.UNVERIFIED, error
    release.check()
    release.check_newest(number)
    code = failed.code if failed else ""
    release.write_record(number, RevisionRecord(revision=number, state=state, code=code))
    if failed:
        raise failed
    return verified


def verify_release(context: Surroundings, release: HelmRelease) -> str:
    """Verify what is deployed, and give what was found.

    Raises:
        VerificationError: a requirement of the target is not met.
    """
    http = Http(context.redact)

    def status_of(address: str) -> str:
        try:
            answer = http.get(address, {})
        except HttpFailure as failed:
            return str(failed)
        return "" if answer.status < 400 else f"status {answer.status}"

    return verify(release, status_of)


def _record(acting: ActContext, target: Target) -> str:
    """Append what was done to the audit, and release the lock."""
    entry = audit_entry(acting, target)
    with acting.held[target.name].closing:
        where = append_audit(acting.context.request.audit, entry, acting.context.redact)
        del acting.held[target.name]
        return where


def leave(acting: ActContext) -> None:
    """Record and unlock the releases that an interrupted or failed run still holds."""
    for name, held in list(acting.held.items()):
        with held.closing, suppress(Stage6Error):  # the error that ended the run is reported
            entry = audit_entry(acting, held.release.target)
            append_audit(acting.context.request.audit, entry, acting.context.redact)
        del acting.held[name]


ACTIONS: dict[StepName, Callable[[ActContext, Target], str]] = {
    StepName.LOCK: _lock,
    StepName.RECOVER: _recover,
    StepName.VERIFY: _verify,
    StepName.RECORD: _record,
}
