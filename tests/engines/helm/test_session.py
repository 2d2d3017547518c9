"""A Helm session: its lock, its steps, and what is left of it after ``close``."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.deploy_record import record_values
from jetscale_cicd.engines.engine import Delivery, Package
from jetscale_cicd.engines.helm import session as module
from jetscale_cicd.engines.helm.session import HelmSession
from jetscale_cicd.errors import DeployError, SupersededError, VerificationError
from jetscale_cicd.model.change import Comparison
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.revisions import NewRevisions
from jetscale_cicd.model.step import StepName
from jetscale_cicd.observe.cluster.helm_release import observe_release
from jetscale_cicd.observe.cluster.lease import holder_of
from tests.act.deploy.conftest import LEASE, RUN, Around
from tests.support.fake_helm import FakeHelm, failed
from tests.support.helm_secret import ours, record

DEPLOY = "this-deploy"
NEW = record("0.2.0", "b")


@dataclass
class FakeDelivery:
    """A delivery that keeps what is reported to it.

    Args:
        open_files: whether the values files exist at this moment.
    """

    around: Around
    decided: TargetDecision
    deploy_id: str = DEPLOY
    reported: list[tuple[Deployed, str]] = field(default_factory=list)
    open_files: bool = False

    @property
    def context(self) -> RunContext:
        return self.around.context

    def record(self, digest: str) -> Deployed:
        return replace(NEW, digest=digest)

    def pull_login(self) -> bytes:
        return b""

    @contextmanager
    def values_files(self, record: Deployed) -> Iterator[Sequence[Path]]:
        assert record.digest == "sha256:p"
        self.open_files = True
        try:
            yield ()
        finally:
            self.open_files = False

    def package(self) -> Package:
        return Package(Path("/nowhere/chart.tgz"), "sha256:p")

    def manifests(self, archive: Path) -> bytes:
        return b""  # of a chart without crds/, for which alone they are read

    def report_interrupted(self, record: Deployed, run: str) -> None:
        self.reported.append((record, run))


@pytest.fixture
def around(tmp_path: Path) -> Around:
    around = Around()
    around.helm = FakeHelm(around.release, scratch=tmp_path)
    around.release.config = record_values(replace(NEW, digest="sha256:p"), RUN, DEPLOY)
    return around


def planned(around: Around, live: LiveState | None = None) -> FakeDelivery:
    """The delivery of a plan that observed this, or what is there now."""
    seen = live or observe_release(around.api, around.target)
    compared = Comparison(None, "b" * 40, "")
    decided = TargetDecision(target=around.target, decision=Decision.REDEPLOY, reasons=(), compared=compared, live=seen)
    return FakeDelivery(around, decided)


def opened(delivery: Delivery, *steps: StepName) -> HelmSession:
    session = HelmSession(delivery)
    for step in steps:
        session.perform(step)
    return session


def holder(around: Around) -> str:
    """Who holds the Lease; "" where nobody does."""
    lease = around.api.objects[LEASE]
    return holder_of(lease) if lease else ""


# The lock


def test_the_lock_is_held_from_its_step_until_close(around: Around) -> None:
    session = HelmSession(planned(around))
    assert (session.locked, holder(around)) == (False, "")
    assert session.perform(StepName.LOCK) == "shop-prod/app is locked"
    assert session.locked
    assert holder(around).startswith(RUN)
    session.close()
    assert (session.locked, holder(around)) == (False, "")


def test_close_may_be_called_again_and_without_a_lock(around: Around) -> None:
    HelmSession(planned(around)).close()
    session = opened(planned(around), StepName.LOCK)
    session.close()
    written = len(around.api.calls)
    session.close()
    assert len(around.api.calls) == written


@pytest.mark.parametrize("step", [StepName.RECOVER, StepName.DEPLOY, StepName.VERIFY])
def test_no_step_is_done_before_the_lock_or_after_close(around: Around, step: StepName) -> None:
    with pytest.raises(RuntimeError):
        opened(planned(around), step)
    session = opened(planned(around), StepName.LOCK)
    session.close()
    with pytest.raises(RuntimeError):
        session.perform(step)


def test_a_release_that_was_changed_meanwhile_is_planned_again_and_stays_locked(around: Around) -> None:
    delivery = planned(around, NotDeployed())
    around.release.add(1, ours(1))
    session = HelmSession(delivery)
    with pytest.raises(SupersededError, match="revision 1 is deployed") as moved:
        session.perform(StepName.LOCK)
    assert (moved.value.code, session.locked) == ("RELEASE_MOVED", True)
    session.close()
    assert holder(around) == ""


def test_a_lock_that_an_interruption_left_unnoted_is_released_by_close(
    around: Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(ExitStack):
        """The interruption comes between the entering and the next statement."""

        def enter_context(self, cm: Any) -> Any:
            super().enter_context(cm)
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "ExitStack", Interrupted)
    session = HelmSession(planned(around))
    with pytest.raises(KeyboardInterrupt):
        session.perform(StepName.LOCK)
    assert holder(around).startswith(RUN)
    session.close()
    assert holder(around) == ""


# The other steps


def test_what_an_interrupted_run_left_is_reported_with_its_record_and_its_run(around: Around) -> None:
    around.release.add(1, ours(1, "pending-install", run="https://ci.example/runs/1"))
    delivery = planned(around)
    session = opened(delivery, StepName.LOCK)
    assert session.perform(StepName.RECOVER) == "revision 1 was pending-install, and is marked failed"
    session.close()
    ((reported, run),) = delivery.reported
    assert (reported.version, reported.commit, run) == ("0.1.0", "a" * 40, "https://ci.example/runs/1")
    assert reported.revision
    assert (reported.revision.number, reported.revision.status) == (1, "pending-install")


def test_a_deploy_and_its_revision_are_known_after_close(around: Around) -> None:
    delivery = planned(around)
    session = opened(delivery, StepName.LOCK, StepName.RECOVER)
    before = session.attempted
    assert session.perform(StepName.DEPLOY) == f"0.2.0 with the values of {'b' * 12} is revision 1 of app"
    session.perform(StepName.VERIFY)
    session.close()
    assert (before, session.attempted) == (None, replace(NEW, digest="sha256:p"))
    assert not delivery.open_files
    assert (session.revisions, session.locked) == (NewRevisions(upgrade=1), False)


def test_a_deploy_that_fails_is_known_too(around: Around) -> None:
    delivery = planned(around)
    around.release.upgrade_ends = failed("UPGRADE FAILED: services is forbidden: exceeded quota: q")
    session = opened(delivery, StepName.LOCK)
    with pytest.raises(DeployError) as error:
        session.perform(StepName.DEPLOY)
    session.close()
    assert (error.value.code, session.revisions.upgrade, delivery.open_files) == ("QUOTA", 1, False)


def test_a_failed_verification_is_written_on_the_revision(around: Around, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise VerificationError("PROBE_ADDRESS", "no")

    monkeypatch.setattr(module, "verify", fails)
    session = opened(planned(around), StepName.LOCK, StepName.DEPLOY)
    with pytest.raises(VerificationError):
        session.perform(StepName.VERIFY)
    session.close()
    live = observe_release(around.api, around.target)
    assert isinstance(live, Deployed)
    assert live.revision
    assert live.revision.unverified == "PROBE_ADDRESS"
