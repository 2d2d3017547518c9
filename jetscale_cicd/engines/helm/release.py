"""The engine that acts on a cluster: `helm upgrade --install`, and what to do when it fails.

Diagnosis comes before the rollback: a rollback replaces the pods that could tell why (docs/deploy.md).
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from jetscale_cicd.decide.cluster.deploy_record import (
    exposes,
    record_description,
    record_labels,
    recorded,
    recorded_deploy,
    rollback_description,
)
from jetscale_cicd.decide.cluster.diagnose import READ_LOG, diagnose
from jetscale_cicd.engines.helm.progress import Watching
from jetscale_cicd.engines.helm.storage import patch_revision
from jetscale_cicd.errors import CannotTellError, DeployError, Interrupted, Stage6Error, SupersededError
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.live import NOT_YET, Deployed
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import newest_good, read_revision, revision_numbers
from jetscale_cicd.observe.cluster.workloads import read_log, see_workloads
from jetscale_cicd.tools.helm import Helm, ReleaseLocation, RevisionNote, failure_of
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from jetscale_cicd.tools.process import Finished, ProcessTimeout

_LAST_LOOK = 1.0  # seconds that a look at the workloads, which is on its way, is waited for


@dataclass
class Made:
    """Revisions that this run made: of its own chart and values, and of a rollback with where that went; 0 for none."""

    revision: int = 0
    rollback: int = 0
    rollback_to: int = 0


@dataclass(frozen=True)
class HelmRelease:
    """A release that is being changed.

    Args:
        check: refuses to go on without the lock.
        announce: one line of progress.
        show: rows that change in place; False where there is no terminal for them.
        run: the CI's run, "" where none is known.
        stop: set when the lock is lost, so that helm is interrupted.
        inherited: the last holder of the lock died with it.
        made: what became of it so far.
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
    made: Made = field(default_factory=Made)

    @property
    def name(self) -> str:
        """Name of the Helm release."""
        return self.target.release

    @property
    def place(self) -> ReleaseLocation:
        """Where helm finds it."""
        target = self.target
        return ReleaseLocation(
            release=target.release,
            namespace=target.namespace,
            context=self.api.context,
            timeout=target.timeout,
            stop=self.stop,
        )

    def upgrade(self, chart: Sequence[str], values: Sequence[Path], record: Deployed, deploy: str) -> int:
        """Bring the release to a chart and values, and give its new revision.

        Args:
            deploy: what the values say that no other deploy's do.

        Raises:
            DeployError: with the code of what broke; the newest good revision was brought back, if that is wanted.
            SupersededError: ``RELEASE_MOVED``, a hand came after it.
        """
        self.check()
        before = self.newest()
        since = self.api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        note = RevisionNote(f"{record_description(record, self.run)}{NOT_YET}", record_labels(record))
        try:
            finished, said = self._watched(since, lambda: self.helm.upgrade(self.place, chart, values, note))
        except KeyboardInterrupt:
            raise self._interrupted(deploy, before, record) from None
        if finished is not None and finished.status == 0:
            self.made.revision = self._revision_of(deploy, before)
            self.check_newest(self.made.revision)
            return self.made.revision
        self.check()  # helm was stopped because the lock is lost: that is what has to be said
        try:
            failed = self._failed(self._diagnose(said, since), deploy, before, record)
        except KeyboardInterrupt:
            raise self._interrupted(deploy, before, record) from None
        raise failed

    def _revision_of(self, deploy: str, before: int) -> int:
        """The revision that a deploy made; 0 where helm refused before it began.

        The first that says so: a hand's after it may have copied the word with the values.
        """
        for number in reversed(revision_numbers(self.api, self.target)):
            stored = read_revision(self.api, self.target, number) if number > before else None
            if stored and recorded_deploy(stored.config) == deploy:
                return number
        return 0

    def check_newest(self, number: int) -> None:
        """Refuse to speak for a release that a hand has changed meanwhile: a person's helm asks for no lock.

        Raises:
            SupersededError: ``RELEASE_MOVED``.
        """
        newest = self.newest()
        if not number or newest != number:
            now = f"revision {newest} is the newest" if newest else "the release is gone"
            raise SupersededError(
                "RELEASE_MOVED",
                f"{now}, by a helm outside Stage 6, after what this run did",
                where=f"{self.target.namespace}/{self.target.release}",
                hint="nothing is to be done: the run observes and plans again",
            )

    def _interrupted(self, deploy: str, before: int, record: Deployed) -> Interrupted:
        """What an interrupted deploy leaves."""
        left = "nothing was installed"
        with suppress(Stage6Error):  # the interruption is what has to be heard
            self.made.revision = self._revision_of(deploy, before)
            self.hide_secrets()
            if self.made.revision:
                self._end(self.made.revision, f"{record_description(record, self.run)} failed: interrupted")
            if stored := read_revision(self.api, self.target, self.made.revision):
                left = f"revision {stored.number} is {stored.status}, and its objects stay"
        return self._interruption(left)

    def _interruption(self, left: str) -> Interrupted:
        name = self.target.name
        where = f"{self.target.namespace}/{self.target.release}"
        hint = f"run again: it goes on from there; or go back: jetscale-cicd rollback --target {name}"
        return Interrupted("INTERRUPTED", f"interrupted: {left}", where=where, hint=hint)

    def roll_back(self, revision: int) -> int:
        """Bring an earlier revision back as a new one.

        Raises:
            DeployError: helm could not.
        """
        self.check()
        before = self.newest()
        since = self.api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            finished, said = self._watched(since, lambda: self.helm.rollback(self.place, revision))
        except KeyboardInterrupt:
            with suppress(Stage6Error):  # helm marks no rollback that it does not end
                self._note_rollback(revision, before)
                if self.made.rollback:
                    self._end(self.made.rollback, f"Rollback to {revision} failed: interrupted")
            raise
        self._note_rollback(revision, before)
        if finished is None or finished.status != 0:
            raise self._not_rolled_back(self._diagnose(said, since), revision, before)
        self.check_newest(self.made.rollback)
        return self.made.rollback

    def _note_rollback(self, revision: int, before: int) -> None:
        """Which revision a rollback made: the first of its kind; what a hand made meanwhile is none of ours."""
        self.made.rollback = 0
        for number in reversed(revision_numbers(self.api, self.target)):
            stored = read_revision(self.api, self.target, number) if number > before else None
            if stored and stored.is_rollback and stored.rollback_to in (revision, None):
                self.made.rollback, self.made.rollback_to = number, revision
                return

    def _not_rolled_back(self, diagnosis: Diagnosis, revision: int, before: int) -> DeployError:
        what, number = f"rollback to {revision}", self.made.rollback
        if number <= before:
            return self._error_of(diagnosis, what, "nothing was changed")
        self._end(number, f"Rollback to {revision} failed: {diagnosis.code} {diagnosis.sentence}")
        again = f"another: jetscale-cicd rollback --target {self.target.name} --to N (helm history names them)"
        outcome = f"revision {number} is the newest now, and failed: its objects are there"
        return self._error_of(diagnosis, what, outcome, "the next run brings it to its end", again)

    def hide_secrets(self) -> None:
        """Take the secrets out of the values that Helm keeps: `helm get values` shows them, and a rollback copies them.

        While helm is at work on a revision it writes what it has in mind, so that one has to end first.
        """
        if not self.target.secrets or self.stop.is_set():
            return
        for number in revision_numbers(self.api, self.target):
            stored = read_revision(self.api, self.target, number)
            if stored and not stored.under_way and exposes(stored.config, self.target.secrets):
                patch_revision(self.api, self.target, number, hidden=self.target.secrets)

    def _error_of(self, diagnosis: Diagnosis, what: str, *outcome: str) -> DeployError:
        """The error that a diagnosis makes."""
        log = [f"log: {line}" for line in diagnosis.log]
        return DeployError(
            diagnosis.code,
            diagnosis.sentence,
            where=f"{self.target.namespace}/{self.target.release} {what}",
            hint=diagnosis.next_step,
            details=(*outcome, *diagnosis.events, *log),
        )

    def _watched(self, since: str, change: Callable[[], Finished]) -> tuple[Finished | None, str]:
        """Run helm, tell what becomes of the workloads meanwhile, and give its last words."""
        watching = Watching(self.api, self.target, since, self.announce, self.show)
        thread = threading.Thread(target=watching.run, daemon=True)
        thread.start()
        try:
            finished = change()
        except ProcessTimeout as late:
            return None, str(late)
        except Stage6Error as ended:
            if ended.code != "TOOL_KILLED":
                raise
            return None, ended.message
        finally:
            watching.done.set()
            thread.join(_LAST_LOOK)
        return finished, failure_of(finished).partition(" FAILED: ")[2] or failure_of(finished)

    def newest(self) -> int:
        """Number of the newest revision, 0 where there is none."""
        return next(iter(revision_numbers(self.api, self.target)), 0)

    def _diagnose(self, said: str, since: str) -> Diagnosis:
        try:
            stored = read_revision(self.api, self.target, self.newest())
            hooks = stored.hooks if stored else frozenset()
            snapshot = see_workloads(self.api, self.target, since, hooks=hooks, all_kinds=True)
            diagnosis = diagnose(snapshot, said)
        except CannotTellError as unseen:
            reachable = unseen.code != "CLUSTER_UNREACHABLE"
            return diagnose(None, said if reachable else unseen.message, reachable=reachable)
        except ApiFailure as failed:
            return diagnose(None, failed.message or said, reachable=not failed.unreachable)
        except (AttributeError, KeyError, TypeError, ValueError) as odd:  # no object may keep a rollback from coming
            self.announce(f"! the namespace could not be understood: {type(odd).__name__} {odd}")
            return diagnose(None, said)
        log = read_log(self.api, self.target.namespace, diagnosis.source) if diagnosis.source else ()
        if log and diagnosis.next_step == READ_LOG:
            diagnosis = replace(diagnosis, next_step="mend what its last lines, above, say")
        return replace(diagnosis, log=log)

    def update_description(self, number: int, words: Callable[[StoredRelease], str]) -> None:
        """Say more of a revision, for `helm history` and the next run; what else is to be done does not wait for it."""
        try:
            patch_revision(self.api, self.target, number, describe=words)
        except Stage6Error as unsaid:
            self.announce(f"! revision {number} keeps Helm's own description: {unsaid.message}")

    def update_rollback_description(self, number: int, to: int, why: str) -> None:
        """Say why a rollback was made, and what it brought back."""
        self.update_description(number, lambda stored: rollback_description(to, why, recorded(stored.config), self.run))

    def _failed(self, diagnosis: Diagnosis, deploy: str, before: int, record: Deployed) -> DeployError:
        """Say on the revision why it failed, bring the newest good one back, and give the error."""
        try:
            failed, newest = self._revision_of(deploy, before), self.newest()
            self.made.revision = failed
            if not failed:  # helm refused before it began
                return self._error_of(diagnosis, record.version, "nothing was changed")
            self._end(failed, f"{record_description(record, self.run)} failed: {diagnosis.code} {diagnosis.sentence}")
            what = f"revision {failed} ({record.version})"
            if newest != failed:
                outcome = f"revision {newest} came after it, by a helm outside Stage 6: nothing was rolled back"
                return self._error_of(diagnosis, what, outcome)
            good = newest_good(self.api, self.target, before) if self.target.rollback else None
            if good is None:
                why = "there is no good revision to go back to" if self.target.rollback else "rollback is off"
                return self._error_of(diagnosis, what, f"it is left as it is: {why}")
            self.announce(f"  ✗ {diagnosis.code} {diagnosis.sentence}")
            self.announce(f"→ rollback {self.target.name}: revision {good} is the newest good one")
            back = self._roll_back_after(diagnosis, good)
        except Interrupted:
            raise
        except Stage6Error as worse:
            outcome = f"and it could not be rolled back: {worse.code} {worse.message}"
            return self._error_of(diagnosis, record.version, outcome, f"next for the rollback: {worse.hint}")
        self.update_rollback_description(back, good, f"revision {failed} failed with {diagnosis.code}")
        held = "held until a new version, new values, or stage6 --release-hold"
        return self._error_of(diagnosis, what, f"revision {good} was brought back as revision {back}", held)

    def _roll_back_after(self, diagnosis: Diagnosis, good: int) -> int:
        try:
            return self.roll_back(good)
        except KeyboardInterrupt:
            broke = f"{diagnosis.code} {diagnosis.sentence}"
            then = "the rollback after it did not end, and the next run ends it"
            if not self.made.rollback:
                then = "it was not rolled back, and the next run tries it again"
            raise self._interruption(f"{broke}; {then}") from None

    def _end(self, number: int, words: str) -> None:
        """Of a helm that was killed the revision is pending, and would be for ever; no rollback waits for this."""
        try:
            stored = read_revision(self.api, self.target, number)
            status = "failed" if stored and stored.status.startswith("pending-") else None
            patch_revision(
                self.api, self.target, number, status=status, describe=lambda _: words, hidden=self.target.secrets
            )
        except DeployError as unsaid:
            self.announce(f"! revision {number} stays as helm left it: {unsaid.message}")
