"""The steps of a deploy that only a cluster has: lock, unlock, the deploy by helm, verify, record."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from jetscale_cicd.act.context import Acting, Held, Surroundings
from jetscale_cicd.act.deploy.audit import append_audit, audit_entry, dead_entry
from jetscale_cicd.act.release.published import Package
from jetscale_cicd.engines.helm.lock import hold_lock, holder_name
from jetscale_cicd.engines.helm.recover import unlock
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.verify import verify
from jetscale_cicd.errors import ConfigurationError, PreconditionError, Stage6Error, SupersededError, VerificationError
from jetscale_cicd.model.live import UNVERIFIED, Deployed, LiveState, NotObserved
from jetscale_cicd.model.plan import StepName
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.live import observe_live
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.http import Http, HttpFailure
from jetscale_cicd.tools.kubernetes import Kubernetes


def _lock(acting: Acting, target: Target) -> str:
    """Lock the release, and look again: whoever held it before may have changed it."""
    world, closing = acting.world, ExitStack()
    try:
        release = closing.enter_context(locked(world, target))
        acting.held[target.name] = Held(release, closing)
    except BaseException:
        closing.close()
        raise
    planned = next(decided.live for decided in acting.plan.targets if decided.target == target)
    seen = observe_live(world, target)
    if _revision(seen) != _revision(planned):
        raise SupersededError(
            "RELEASE_MOVED",
            f"release {target.release} was changed meanwhile, {_words(seen)}",
            where=f"{target.namespace}/{target.release}",
            hint="nothing is to be done: the run observes and plans again",
        )
    return f"{target.namespace}/{target.release} is ours"


@contextmanager
def locked(world: Surroundings, target: Target) -> Iterator[HelmRelease]:
    """A release that nobody else changes until the end of the block.

    Raises:
        PreconditionError: ``NO_KUBECONFIG``, or as ``hold_lock``.
    """
    api = cluster_of(world, target)
    run, lost = world.request.event.run_url, threading.Event()
    with hold_lock(api, target, holder_name(run), world.announce, lost) as lock:
        yield HelmRelease(api, world.helm, target, lock.check, world.announce, world.show, run, lost, lock.inherited)


def cluster_of(world: Surroundings, target: Target) -> Kubernetes:
    """The cluster to act on.

    Raises:
        PreconditionError: ``NO_KUBECONFIG``.
    """
    api = world.kubernetes(target)
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


def _words(live: LiveState) -> str:
    number, status = _revision(live)
    return f"revision {number} is {status}" if number else "it is gone"


def _unlock(acting: Acting, target: Target) -> str:
    decided = next(each for each in acting.plan.targets if each.target == target)
    release, died = acting.held[target.name].release, partial(record_death, acting.world, target)
    return unlock(release, finish=decided.unfinished, died=died).found


def record_death(world: Surroundings, target: Target, dead: StoredRelease) -> None:
    """Say in the audit what a run that was killed could not."""
    try:
        append_audit(world.request.audit, dead_entry(world, target, dead), world.redact)
    except ConfigurationError as unwritable:  # no deploy waits for a log
        world.announce(f"! {unwritable.message}: {unwritable.where}")


def deploy(acting: Acting, target: Target, package: Package) -> str:
    """Bring the release to a package of the chart, which is what the registry holds, byte for byte."""
    release = acting.held[target.name].release
    record = acting.record(target, package.digest)
    files = acting.files(target, record)
    acting.records[target.name] = record
    try:
        revision = release.upgrade(package.chart, files, record, acting.deploy)
    except SupersededError:
        with suppress(Stage6Error):  # that somebody came after it is what has to be heard
            release.hide_secrets()
        raise
    finally:
        for file in files:
            file.unlink(missing_ok=True)
    release.hide_secrets()
    return f"{record.version} with the values of {record.commit[:12]} is revision {revision} of {target.release}"


def _verify(acting: Acting, target: Target) -> str:
    """What was found is said on the revision, which says until then that nobody has looked."""
    release = acting.held[target.name].release
    number = release.made.revision or release.newest()
    try:
        verified = verify_release(acting.world, release)
    except VerificationError as failed:
        release.check()
        release.check_newest(number)
        mark = f"{UNVERIFIED}{failed.code}"
        release.describe(number, lambda stored: f"{stored.description.partition(UNVERIFIED)[0]}{mark}")
        raise
    release.check()
    release.check_newest(number)
    release.describe(number, lambda stored: stored.description.partition(UNVERIFIED)[0])
    return verified


def verify_release(world: Surroundings, release: HelmRelease) -> str:
    """Whether what runs is what was promised; what was seen.

    Raises:
        VerificationError: it is not.
    """
    http = Http(world.redact)

    def status_of(address: str) -> str:
        try:
            answer = http.get(address, {})
        except HttpFailure as failed:
            return str(failed)
        return "" if answer.status < 400 else f"status {answer.status}"

    return verify(release, status_of)


def _record(acting: Acting, target: Target) -> str:
    """Write what was done, and give the lock back."""
    entry = audit_entry(acting, target)
    with acting.held[target.name].closing:
        said = append_audit(acting.world.request.audit, entry, acting.world.redact)
        del acting.held[target.name]
        return said


def leave(acting: Acting) -> None:
    """Record and unlock what a run that was interrupted, or failed early, still holds."""
    for name, held in list(acting.held.items()):
        with held.closing, suppress(Stage6Error):  # what ended the run is what has to be heard
            entry = audit_entry(acting, held.release.target)
            append_audit(acting.world.request.audit, entry, acting.world.redact)
        del acting.held[name]


ACTIONS: dict[StepName, Callable[[Acting, Target], str]] = {
    StepName.LOCK: _lock,
    StepName.UNLOCK: _unlock,
    StepName.VERIFY: _verify,
    StepName.RECORD: _record,
}
