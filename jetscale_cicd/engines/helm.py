"""The engine that acts on a cluster: `helm upgrade --install`, and what to do when it fails.

Diagnosis comes before the rollback: a rollback replaces the pods that could tell why (DESIGN §5).
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jetscale_cicd.decide.deploy_record import record_description, record_labels
from jetscale_cicd.decide.diagnose import diagnose
from jetscale_cicd.engines.stored_release import masked, rewrite
from jetscale_cicd.engines.watching import Watching
from jetscale_cicd.errors import CannotTellError, DeployError, Stage6Error
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.helm_release import read_revision, revision_numbers
from jetscale_cicd.observe.workloads import read_log, see_workloads
from jetscale_cicd.tools.helm import Helm, Note, Place, failure_of
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from jetscale_cicd.tools.process import Finished, ProcessTimeout

_LAST_LOOK = 1.0  # seconds that a look at the workloads, which is on its way, is waited for


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

    @property
    def place(self) -> Place:
        """Where helm finds it."""
        target = self.target
        return Place(
            release=target.release,
            namespace=target.namespace,
            context=target.context,
            timeout=target.timeout,
            stop=self.stop,
        )

    def upgrade(self, chart: Sequence[str], values: Sequence[Path], record: Deployed) -> int:
        """Bring the release to a chart and values, and give its new revision.

        Raises:
            DeployError: with the code of what broke; the newest good revision was brought back, if that is wanted.
        """
        self.check()
        before = self.newest()
        since = self.api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        note = Note(record_description(record, self.run), record_labels(record))
        finished, said = self._watched(since, lambda: self.helm.upgrade(self.place, chart, values, note))
        if finished is not None and finished.status == 0:
            return self.newest()
        self.check()  # helm was stopped because the lock is lost: that is what has to be said
        diagnosis = self._diagnose(said, since)
        raise self._failed(diagnosis, before, record)

    def roll_back(self, revision: int) -> int:
        """Bring an earlier revision back as a new one.

        Raises:
            DeployError: helm could not.
        """
        self.check()
        before = self.newest()
        since = self.api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        finished, said = self._watched(since, lambda: self.helm.rollback(self.place, revision))
        if finished is None or finished.status != 0:
            raise self._not_rolled_back(self._diagnose(said, since), revision, before)
        return self.newest()

    def _not_rolled_back(self, diagnosis: Diagnosis, revision: int, before: int) -> DeployError:
        what, number = f"rollback to {revision}", self.newest()
        if number <= before:
            return self._error_of(diagnosis, what, "nothing was changed")
        words = f"Rollback to {revision} failed: {diagnosis.code} {diagnosis.sentence}"
        self.describe(number, lambda _: words)
        again = f"another: jetscale-cicd rollback --target {self.target.name} --to N (helm history names them)"
        outcome = (
            f"revision {number} is the newest now, and failed: its objects are there. The next run tries it again;"
        )
        return self._error_of(diagnosis, what, outcome, again)

    def hide_secrets(self) -> None:
        """Take the secrets out of the values that Helm keeps of the newest revision: `helm get values` shows them."""
        number = self.newest() if self.target.secrets and not self.stop.is_set() else 0
        stored = read_revision(self.api, self.target, number) if number else None
        if stored and masked(stored.config, self.target.secrets) != stored.config:
            rewrite(self.api, self.target, number, hidden=self.target.secrets)

    def was_good(self, number: int) -> bool:
        """Whether a revision was ever deployed."""
        stored = read_revision(self.api, self.target, number)
        return stored is not None and _was_good(stored)

    def newest_good(self, before: int) -> int | None:
        """The newest revision up to ``before`` that was deployed; None where none ever was."""
        for number in revision_numbers(self.api, self.target):
            stored = read_revision(self.api, self.target, number) if number <= before else None
            if stored and _was_good(stored):
                return number
        return None

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
        except CannotTellError as unseen:
            reachable = unseen.code != "CLUSTER_UNREACHABLE"
            return diagnose(None, said if reachable else unseen.message, reachable=reachable)
        except ApiFailure as failed:
            return diagnose(None, failed.message or said, reachable=not failed.unreachable)
        diagnosis = diagnose(snapshot, said)
        if diagnosis.source is None:
            return diagnosis
        return replace(diagnosis, log=read_log(self.api, self.target.namespace, diagnosis.source))

    def describe(self, number: int, words: Callable[[StoredRelease], str]) -> None:
        """Say more of a revision, for `helm history` and the next run; what else is to be done does not wait for it."""
        try:
            rewrite(self.api, self.target, number, describe=words)
        except Stage6Error as unsaid:
            self.announce(f"! revision {number} keeps Helm's own description: {unsaid.message}")

    def _failed(self, diagnosis: Diagnosis, before: int, record: Deployed) -> DeployError:
        """Say on the revision why it failed, bring the newest good one back, and give the error."""
        try:
            failed = self.newest()
            if failed <= before:  # helm refused before it began
                return self._error_of(diagnosis, record.version, "nothing was changed")
            self._end(failed, f"{record_description(record, self.run)} failed: {diagnosis.code} {diagnosis.sentence}")
            what = f"revision {failed} ({record.version})"
            good = self.newest_good(before) if self.target.rollback else None
            if good is None:
                why = "there is no good revision to go back to" if self.target.rollback else "rollback is off"
                return self._error_of(diagnosis, what, f"it is left as it is: {why}")
            self.announce(f"  ✗ {diagnosis.code} {diagnosis.sentence}")
            self.announce(f"→ rollback {self.target.name}: revision {good} is the newest good one")
            back = self.roll_back(good)
        except Stage6Error as worse:
            outcome = f"and it could not be rolled back: {worse.code} {worse.message}"
            return self._error_of(diagnosis, record.version, outcome)
        run = f" run={self.run}" if self.run else ""
        said = f"Rollback to {good}: revision {failed} failed with {diagnosis.code}{run}"
        self.describe(back, lambda _: said)
        return self._error_of(diagnosis, what, f"revision {good} was brought back as revision {back}")

    def _end(self, number: int, words: str) -> None:
        """Of a helm that was killed the revision is pending, and would be for ever."""
        stored = read_revision(self.api, self.target, number)
        status = "failed" if stored and stored.status.startswith("pending-") else None
        rewrite(self.api, self.target, number, status=status, describe=lambda _: words, hidden=self.target.secrets)


def _was_good(stored: StoredRelease) -> bool:
    """Deployed, now or once; Helm calls a failed first install superseded too, once it was upgraded."""
    superseded = stored.status == "superseded" and "failed:" not in stored.description
    return stored.status == "deployed" or superseded
