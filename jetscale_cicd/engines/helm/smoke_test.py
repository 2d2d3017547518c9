"""The smoke test of a target: a command of its own, run once all else of a deploy is verified."""

import os
import shlex
from collections import deque
from pathlib import Path

from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.errors import PreconditionError, VerificationError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.model.smoke_test import SmokeTest
from jetscale_cicd.observe.own_program import at_root, basic_environment, deploy_variables
from jetscale_cicd.tools.guarded import OUTPUT
from jetscale_cicd.tools.process import Processes, ProcessTimeout, ToolKilledError, tool_environment

_MOST_LINES = 20
_LONGEST = 500  # characters of a line
# POSIX, Shell Command Language 2.8.2: a command that is not executable, and one that is not found.
_NOT_RUN = (126, 127)


class SmokeTestError(VerificationError):
    """The smoke test of a target failed.

    Args:
        ran: it ran, and found something wrong; one that could not run says nothing of the release.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        where: str = "",
        hint: str = "",
        details: tuple[str, ...] = (),
        ran: bool = True,
    ) -> None:
        super().__init__(code, message, where=where, hint=hint, details=details)
        self.ran = ran

    def after(self, *done: str) -> "SmokeTestError":
        """The same error, with what was done about it before what else is known."""
        details = (*done, *self.details)
        return SmokeTestError(self.code, self.message, where=self.where, hint=self.hint, details=details, ran=self.ran)


@frozen(kw_only=True)
class SmokeTestRun:
    """A smoke test that is run for one revision.

    Args:
        processes: starts it.
        root: the top of the checkout.
        record, revision: what is deployed.
    """

    test: SmokeTest
    processes: Processes
    root: Path
    record: Deployed
    revision: int

    def __call__(self, release: HelmRelease) -> str:
        """Run it, and say that it passed.

        Raises:
            SmokeTestError: ``SMOKE_TEST_FAILED``, it ended with another status than 0, by a signal, or not in time.
            SupersededError: the lock was lost meanwhile.
        """
        last = deque[str](maxlen=_MOST_LINES)

        def announce(line: str) -> None:
            if line.startswith(OUTPUT):
                last.append(line.removeprefix(OUTPUT)[:_LONGEST])
            release.announce(line)

        failure, ran = self._failure(release, replace(self.processes, announce=announce))
        release.check()  # where the lock is lost, it was interrupted for that
        command = shlex.join(self.test.command)
        if failure:
            given = "".join(f"{name}=… " for name in self.test.environment)
            raise SmokeTestError(
                "SMOKE_TEST_FAILED",
                f"the smoke test failed: {failure}",
                where=f"{release.name} revision {self.revision} ({self.record.version})",
                hint=f"run it at the top of the checkout: {given}{command}",
                details=tuple(f"{OUTPUT.strip()} {line}" for line in last),
                ran=ran,
            )
        return f"{self.test.command[0]} passed"

    def _failure(self, release: HelmRelease, processes: Processes) -> tuple[str, bool]:
        """Why it failed, "" where it did not; and whether it ran."""
        command, most, name = at_root(self.test.command, self.root), self.test.timeout, self.test.command[0]
        try:
            finished = processes.run(
                command, env=self._environment(release), cwd=self.root, timeout=most, guarded=True, stop=release.stop
            )
        except ProcessTimeout:
            return f"{name} did not end within {most} s, and was ended with all that it had started", True
        except ToolKilledError as killed:
            return killed.message, True
        except PreconditionError as missing:  # it was there before the deploy
            return f"{name} cannot be run: {missing.message}", False
        ran = finished.status not in _NOT_RUN
        return (f"{name} ended with status {finished.status}" if finished.status else ""), ran

    def _environment(self, release: HelmRelease) -> dict[str, str]:
        """What is deployed where, the variables that are named, and the basics of this run's environment."""
        named = {name: os.environ[name] for name in self.test.environment if name in os.environ}
        deployed = deploy_variables(release.target, self.record.commit, self.record.version)
        basics = tool_environment(basic_environment(os.environ))
        return {**basics, **named, **deployed, "STAGE6_REVISION": str(self.revision)}
