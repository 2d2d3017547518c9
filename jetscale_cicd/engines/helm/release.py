"""A Helm release that this run has locked: its revisions, the records on them, and the errors about it."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from jetscale_cicd.decide.cluster.deploy_record import recorded_deploy
from jetscale_cicd.decide.cluster.masking import exposes
from jetscale_cicd.engines.helm.parts import StepParts
from jetscale_cicd.engines.helm.progress import HelmEnd, Progress, run_helm
from jetscale_cicd.engines.helm.storage import RecordEdit, in_place, patch_revision
from jetscale_cicd.errors import DeployError, Interrupted, Stage6Error, SupersededError
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.outcome import PartName
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.revision import RevisionRecord
from jetscale_cicd.model.revisions import NewRevisions
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import read_revision, revision_numbers
from jetscale_cicd.tools.helm import Helm, ReleaseLocation
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import Kubernetes
from jetscale_cicd.tools.process import Finished

Edit = Callable[[StoredRelease], RecordEdit]


@frozen
class HelmRelease:
    """A release that this run has locked.

    Args:
        check: refuses to continue without the lock.
        announce: one line of progress.
        show: rows that change in place; False where there is no terminal for them.
        run: the CI run, "" where none is known.
        stop: set when the lock is lost, so that helm is interrupted.
        inherited: the last holder of the lock did not release it.
        new_revisions: those that this run has made so far.
        parts: how long each part of the present step took.
    """

    api: Kubernetes
    helm: Helm
    target: Target
    check: Callable[[], None]
    announce: Callable[[str], None]
    show: Callable[[Sequence[str]], bool]
    run: str
    stop: threading.Event
    inherited: bool
    new_revisions: NewRevisions = field(default_factory=NewRevisions)
    parts: StepParts = field(default_factory=StepParts)

    @property
    def name(self) -> str:
        """Namespace and release."""
        return f"{self.target.namespace}/{self.target.release}"

    @property
    def place(self) -> ReleaseLocation:
        """The release for helm."""
        target = self.target
        return ReleaseLocation(
            release=target.release,
            namespace=target.namespace,
            context=self.api.context,
            timeout=target.timeout,
            stop=self.stop,
        )

    @property
    def scratch(self) -> Path:
        """A directory of this run alone."""
        return self.helm.scratch

    def now(self) -> str:
        """The API server's time, RFC 3339."""
        return self.api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def newest(self) -> int:
        """Number of the newest revision, 0 where there is none."""
        return next(iter(revision_numbers(self.api, self.target)), 0)

    def first_after(self, before: int, matches: Callable[[StoredRelease], bool]) -> int | None:
        """The first revision after ``before`` that matches: a later one may be a copy made outside Stage 6."""
        for number in reversed(revision_numbers(self.api, self.target)):
            stored = read_revision(self.api, self.target, number) if number > before else None
            if stored and matches(stored):
                return number
        return None

    def revision_of(self, deploy: str, before: int) -> int | None:
        """The revision that a deploy made; None where helm refused before it made one."""
        return self.first_after(before, lambda stored: recorded_deploy(stored.config) == deploy)

    def check_newest(self, number: int | None) -> int:
        """The revision that this run made; refused where the release was changed outside Stage 6 since.

        No helm outside Stage 6 waits for the lock.

        Args:
            number: the revision; None where it is gone.

        Raises:
            SupersededError: ``RELEASE_MOVED``.
        """
        newest = self.newest()
        if not number or newest != number:
            now = f"revision {newest} is the newest" if newest else "the release is gone"
            raise self.moved(f"{now}, made by a helm outside Stage 6 after what this run did")
        return number

    def moved(self, how: str) -> SupersededError:
        """The error of a run whose release was changed meanwhile, so that it observes and plans again.

        Args:
            how: by whom, or to what.
        """
        return SupersededError(
            "RELEASE_MOVED",
            f"the release was changed meanwhile: {how}",
            where=self.name,
            hint="no action is needed: the run observes and plans again",
        )

    def run_helm(self, part: PartName, since: str, before: int, change: Callable[[], Finished]) -> HelmEnd:
        """Run helm, and report the rollout meanwhile.

        Args:
            part: of the step, whose time it is.
            since: when it begins, by the API server's clock.
            before: the newest revision before it.
        """
        with self.parts.timed(part):
            return run_helm(Progress(self.api, self.target, since, before, self.announce, self.show), change)

    def write_record(self, number: int, edit: Edit | RevisionRecord) -> None:
        """Write what became of a revision; where that fails, it is announced, and what else is to be done goes on."""
        try:
            patch_revision(self.api, self.target, number, edit=_edit(edit))
        except Stage6Error as unwritten:
            self.announce(f"! the record of revision {number} could not be written: {unwritten.message}")

    def end_revision(self, number: int, edit: Edit | RevisionRecord) -> None:
        """Write that a revision failed; one that is still pending, because helm was killed, is marked failed."""
        try:
            stored = read_revision(self.api, self.target, number)
            status = "failed" if stored and stored.status.startswith("pending-") else None
            hidden = self.target.secrets
            patch_revision(self.api, self.target, number, status=status, edit=_edit(edit), hidden=hidden)
        except DeployError as unwritten:
            self.announce(f"! revision {number} stays as helm left it: {unwritten.message}")

    def hide_secrets(self) -> None:
        """Remove the secrets from the values that Helm keeps: `helm get values` shows them, and a rollback copies them.

        While helm is at work on a revision it would write them again, so that one has to end first.
        """
        if not self.target.secrets or self.stop.is_set():
            return
        for number in revision_numbers(self.api, self.target):
            stored = read_revision(self.api, self.target, number)
            if stored and not stored.under_way and exposes(stored.config, self.target.secrets):
                patch_revision(self.api, self.target, number, hidden=self.target.secrets)

    def error(self, diagnosis: Diagnosis, what: str, *outcome: str) -> DeployError:
        """The error that a diagnosis makes."""
        log = [f"log: {line}" for line in diagnosis.log]
        return DeployError(
            diagnosis.code,
            diagnosis.sentence,
            where=f"{self.name} {what}",
            hint=diagnosis.next_step,
            details=(*outcome, *diagnosis.events, *log),
        )

    def interruption(self, left: str) -> Interrupted:
        """The error of an interrupted run."""
        hint = f"run again: it continues from there; or: jetscale-cicd rollback --target {self.target.name}"
        return Interrupted("INTERRUPTED", f"interrupted: {left}", where=self.name, hint=hint)


def _edit(edit: Edit | RevisionRecord) -> Edit:
    return in_place(edit) if isinstance(edit, RevisionRecord) else edit
