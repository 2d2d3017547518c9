"""The steps of a deploy that only a cluster has: lock, unlock, the deploy by helm, verify, record."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from jetscale_cicd.act.acting import Acting, Held, Surroundings
from jetscale_cicd.act.audit import Made, append_audit, audit_entry
from jetscale_cicd.act.lock import hold_lock, holder_name, namespace_missing
from jetscale_cicd.act.published import Package
from jetscale_cicd.act.unlock import unlock
from jetscale_cicd.act.verify import verify
from jetscale_cicd.decide.hold import UNVERIFIED
from jetscale_cicd.engines.helm import HelmRelease
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error, SupersededError, VerificationError
from jetscale_cicd.model.live import Deployed, LiveState, NotObserved
from jetscale_cicd.model.plan import Decision, StepName
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.helm_release import cannot_tell, read_revision, revision_numbers
from jetscale_cicd.observe.live import observe_live
from jetscale_cicd.tools.http import Http, HttpFailure
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes


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
    acting.held[target.name] = Held(release, closing, _revision(seen)[0])
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


def check_namespace(api: Kubernetes, target: Target) -> None:
    """Refuse a namespace that is not there; a run that may not look finds out by its lock.

    Raises:
        PreconditionError: ``NAMESPACE_MISSING``.
        CannotTellError: the cluster does not answer.
    """
    try:
        if api.get(f"/api/v1/namespaces/{target.namespace}") is None:
            raise namespace_missing(target)
    except ApiFailure as failed:
        if failed.status != 403:
            raise cannot_tell(failed, target) from None


def _revision(live: LiveState) -> tuple[int, str]:
    revision = live.revision if isinstance(live, Deployed) else None
    return (revision.number, revision.status) if revision else (0, "")


def _words(live: LiveState) -> str:
    number, status = _revision(live)
    return f"revision {number} is {status}" if number else "it is gone"


def _unlock(acting: Acting, target: Target) -> str:
    decided = next(each for each in acting.plan.targets if each.target == target)
    new = acting.world.request.release_hold or any(each.counts and each.path for each in decided.reasons)
    unlocked = unlock(acting.held[target.name].release, finish=not new and acting.plan.decision is not Decision.PUBLISH)
    if unlocked.rolled_back is not None:
        raise SupersededError(
            "ROLLBACK_FINISHED",
            unlocked.found,
            where=f"{target.namespace}/{target.release}",
            hint="nothing is to be done: the run observes and plans again",
        )
    return unlocked.found


def deploy(acting: Acting, target: Target, package: Package) -> str:
    """Bring the release to a package of the chart, which is what the registry holds, byte for byte."""
    release = acting.held[target.name].release
    record = acting.record(target, package.digest)
    files = acting.files(target, record)
    try:
        revision = release.upgrade(package.chart, files, record)
    except KeyboardInterrupt:
        with suppress(Stage6Error):  # the interruption is what has to be heard
            release.hide_secrets()
            release.announce(f"! {_left_behind(release)}; the next run goes on from there")
        raise
    finally:
        for file in files:
            file.unlink(missing_ok=True)
    acting.records[target.name], acting.revisions[target.name] = record, revision
    release.hide_secrets()
    return f"{record.version} with the values of {record.commit[:12]} is revision {revision} of {target.release}"


def _left_behind(release: HelmRelease) -> str:
    stored = read_revision(release.api, release.target, release.newest())
    return f"revision {stored.number} is {stored.status}, its objects stay" if stored else "nothing was installed"


def _verify(acting: Acting, target: Target) -> str:
    """What fails is said on the revision, so that the next run does not take it for done."""
    release = acting.held[target.name].release
    try:
        return verify_release(acting.world, release)
    except VerificationError as failed:
        mark = f"{UNVERIFIED}{failed.code}"
        release.describe(release.newest(), lambda stored: f"{stored.description}{mark}")
        raise


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
    entry = audit_entry(acting, target, _made(acting, target))
    with acting.held[target.name].closing:
        said = append_audit(acting.world.request.audit, entry, acting.world.redact)
        del acting.held[target.name]
        return said


def leave(acting: Acting) -> None:
    """Record and unlock what a run that was interrupted, or failed early, still holds."""
    for name, held in list(acting.held.items()):
        with held.closing, suppress(Stage6Error):  # what ended the run is what has to be heard
            entry = audit_entry(acting, held.release.target, _made(acting, held.release.target))
            append_audit(acting.world.request.audit, entry, acting.world.redact)
        del acting.held[name]


def _made(acting: Acting, target: Target) -> Made:
    """Revisions that this run made; where it failed or was interrupted, those that the cluster has since."""
    if target.name in acting.revisions:
        return Made(acting.revisions[target.name])
    made, held = Made(), acting.held[target.name]
    if held.before is None:
        return made
    try:
        for number in revision_numbers(held.release.api, target):
            stored = read_revision(held.release.api, target, number) if number > held.before else None
            if stored and stored.is_rollback:
                made = made._replace(rollback=number, rollback_to=stored.rollback_to or 0)
            elif stored:
                made = made._replace(revision=number)
    except CannotTellError:  # what ended the run is on record; which revision it left, `helm history` knows
        return made
    return made


ACTIONS: dict[StepName, Callable[[Acting, Target], str]] = {
    StepName.LOCK: _lock,
    StepName.UNLOCK: _unlock,
    StepName.VERIFY: _verify,
    StepName.RECORD: _record,
}
