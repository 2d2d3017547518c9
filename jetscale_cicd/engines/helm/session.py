"""A Helm release while a run changes it: locked, recovered, deployed, verified, unlocked."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.definitions import packaged_in
from jetscale_cicd.decide.cluster.deploy_record import recorded, recorded_run
from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.cluster.revisions import is_ours, is_rollback
from jetscale_cicd.engines.engine import Delivery, ReportInterrupted
from jetscale_cicd.engines.helm.definitions import apply_definitions
from jetscale_cicd.engines.helm.lock import hold_lock, holder_name
from jetscale_cicd.engines.helm.probe import ask_probe
from jetscale_cicd.engines.helm.recover import recover
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.smoke_test import SmokeTestError, SmokeTestRun
from jetscale_cicd.engines.helm.surroundings import keep_pull_secret, make_namespace
from jetscale_cicd.engines.helm.take_back import take_back_untested
from jetscale_cicd.engines.helm.upgrade import upgrade
from jetscale_cicd.engines.helm.verify import verify
from jetscale_cicd.errors import PreconditionError, Stage6Error, SupersededError, VerificationError
from jetscale_cicd.model.live import Deployed, LiveState, NotObserved, Revision
from jetscale_cicd.model.outcome import StepPart
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.revision import RevisionRecord, RevisionState
from jetscale_cicd.model.revisions import NewRevisions
from jetscale_cicd.model.step import StepName
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import observe_release
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import Kubernetes


class HelmSession:
    """One release, from the lock step to ``close``."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.attempted: Deployed | None = None
        self._closing = ExitStack()
        self._opened: HelmRelease | None = None  # kept after ``close``, because it may still have to be recorded
        self._locked = False
        self._parts: dict[StepName, tuple[StepPart, ...]] = {}
        self._actions: Mapping[StepName, Callable[[], str]] = {
            StepName.LOCK: self._lock,
            StepName.RECOVER: self._recover,
            StepName.DEPLOY: self._deploy,
            StepName.VERIFY: self._verify,
        }

    @property
    def locked(self) -> bool:
        """Whether this run holds the release's lock."""
        return self._locked

    @property
    def revisions(self) -> NewRevisions:
        """Revisions that this run made so far."""
        return self._opened.new_revisions if self._opened else NewRevisions()

    def perform(self, step: StepName) -> str:
        """Do one of the steps that ``helm_steps`` planned."""
        try:
            return self._actions[step]()
        finally:
            if self._opened:
                self._parts[step] = self._opened.parts.take()

    def parts_of(self, step: StepName) -> tuple[StepPart, ...]:
        """How long each part of a step took."""
        return self._parts.get(step, ())

    def close(self) -> None:
        """Unlock the release; also one whose lock step was interrupted before it could say so."""
        with self._closing:
            self._locked = False

    @property
    def _target(self) -> Target:
        return self.delivery.decided.target

    @property
    def _release(self) -> HelmRelease:
        if self._opened is None or not self._locked:
            raise RuntimeError("the lock step comes first")
        return self._opened

    def _lock(self) -> str:
        """Lock the release and observe it again: the holder before may have changed it."""
        context, target = self.delivery.context, self._target
        made = ""
        if target.create_namespace and make_namespace(cluster_of(context, target), target):
            made = f"namespace {target.namespace} is made; "
        release = self._closing.enter_context(locked(context, target))
        self._opened, self._locked = release, True
        seen = observe_release(release.api, target)
        if _revision(seen) != _revision(self.delivery.decided.live):
            number, status = _revision(seen)
            now = f"revision {number} is {status}" if number else "it is gone"
            raise release.moved(now)
        return f"{made}{target.namespace}/{target.release} is locked"

    def _recover(self) -> str:
        report = revision_report(self.delivery.report_interrupted)
        return recover(self._release, finish=self.delivery.decided.unfinished, report=report).found

    def _deploy(self) -> str:
        """Bring the release to the package of the chart, as one file whose digest was compared."""
        release, package = self._release, self.delivery.package()
        packaged = packaged_in(parse_manifests(self.delivery.manifests(package.archive), self._target.name))
        kept = keep_pull_secret(release.api, self._target, self.delivery.pull_login())
        definitions = {each.name: each.digest for each in packaged}
        record = replace(self.delivery.record(package.digest), definitions=definitions)
        with self.delivery.values_files(record) as files:
            applied = apply_definitions(release, packaged) if self._target.crds == "apply" else ""
            self.attempted = record
            try:
                revision = upgrade(release, package.archive, files, record, self.delivery.deploy_id)
            except SupersededError:
                with suppress(Stage6Error):  # that a later revision exists is what has to be reported
                    release.hide_secrets()
                raise
        release.hide_secrets()
        deployed = (
            f"{record.version} with the values of {record.commit[:12]} is revision {revision} of {self._target.release}"
        )
        return "; ".join(each for each in (deployed, applied, kept) if each)

    def _verify(self) -> str:
        """Verify what is deployed, and record the result on its revision, which is unverified until then."""
        release = self._release
        number = release.new_revisions.upgrade or release.newest()
        test = self._smoke_test(number)
        state, failed, verified = RevisionState.VERIFIED, None, ""
        try:
            verified = verify_release(self.delivery.context, release, test)
        except VerificationError as error:
            state, failed = RevisionState.UNVERIFIED, error
        release.check()
        release.check_newest(number)
        if isinstance(failed, SmokeTestError) and failed.ran and test and test.test.rollback:
            raise take_back_untested(release, number, failed)
        code = failed.code if failed else ""
        release.write_record(number, RevisionRecord(revision=number, state=state, code=code))
        if failed:
            raise failed
        return verified

    def _smoke_test(self, number: int) -> SmokeTestRun | None:
        """The smoke test of the target, for a revision; None where it has none."""
        context, live, test = self.delivery.context, self.delivery.decided.live, self._target.verify
        record = self.attempted or (live if isinstance(live, Deployed) else None)
        if test is None or record is None:
            return None
        root = context.repository.git.root
        return SmokeTestRun(test=test, processes=context.processes, root=root, record=record, revision=number)


@contextmanager
def locked(context: RunContext, target: Target) -> Iterator[HelmRelease]:
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


def cluster_of(context: RunContext, target: Target) -> Kubernetes:
    """The cluster to act on.

    Raises:
        PreconditionError: ``NO_KUBECONFIG``.
    """
    api = context.kubernetes(target)
    if isinstance(api, NotObserved):
        raise PreconditionError(
            "NO_KUBECONFIG",
            f"there is no cluster to deploy to: {api.why}",
            where=f"target {target.name}",
            hint="set KUBECONFIG; a target without a cluster has engine: render",
        )
    return api


def revision_report(report_interrupted: ReportInterrupted) -> Callable[[StoredRelease], None]:
    """What ``recover`` calls for a revision whose process ended before it recorded the outcome."""

    def report(stored: StoredRelease) -> None:
        ours = is_ours(stored.revision) or is_rollback(stored.revision)
        unmanaged = Deployed(version=stored.chart_version, commit="", digest="", values_digest="")
        record = (recorded(stored.config) if ours else None) or unmanaged
        revision = Revision(number=stored.number, status=stored.status)
        report_interrupted(replace(record, revision=revision), recorded_run(stored.config) if ours else "")

    return report


def verify_release(context: RunContext, release: HelmRelease, test: SmokeTestRun | None = None) -> str:
    """Check that what runs is what was to be deployed, and say what was checked.

    Args:
        test: the smoke test; None after a rollback, for it is one of the commit, and not of what was brought back.

    Raises:
        VerificationError: it is not.
    """
    return verify(release, partial(ask_probe, context.redact), test)


def _revision(live: LiveState) -> tuple[int, str]:
    revision = live.revision if isinstance(live, Deployed) else None
    return (revision.number, revision.status) if revision else (0, "")
