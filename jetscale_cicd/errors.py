"""The one family of expected errors: what broke, where, what to do next, and the exit status.

A class is an exit status; a code names one situation and is unique, so that a script or a
runbook can match it. Everything else that is raised is a bug.
"""

from typing import Any, ClassVar


class Stage6Error(Exception):
    """Base of every expected failure.

    Args:
        code: upper-case name of the situation, for example ``CONFIG_UNKNOWN_KEY``.
        message: what happened, one sentence, no trailing full stop needed.
        hint: what to do next; a command to copy where there is one.
        where: ``file:line:column``, a path, or a commit; empty where no place exists.
        details: what else is known, line by line: events, the end of a log.
    """

    exit_status: ClassVar[int] = 1
    meaning: ClassVar[str] = "a bug in jetscale-cicd"

    def __init__(
        self, code: str, message: str, *, hint: str = "", where: str = "", details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.where = where
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle every attribute: a plan holds errors, and an exception's own way calls the constructor."""
        return _without_constructor, (type(self), *self.args), self.__dict__


class ConfigurationError(Stage6Error):
    """The command line, the configuration, the chart or a values file is not usable as written."""

    exit_status = 2
    meaning = "usage or configuration"


class PreconditionError(Stage6Error):
    """Something outside the change is missing; nothing that needs it was changed."""

    exit_status = 3
    meaning = "a precondition does not hold"


class PublishError(Stage6Error):
    """Packaging, publishing or tagging failed."""

    exit_status = 4
    meaning = "publish failed"


class DeployError(Stage6Error):
    """The engine could not deploy the version to a target."""

    exit_status = 5
    meaning = "deploy failed"


class VerificationError(Stage6Error):
    """What was done, or published, is not what it should be."""

    exit_status = 6
    meaning = "verification failed"


class SupersededError(Stage6Error):
    """Another run holds the release, or changed it first.

    Args:
        replan: whether observing and planning again can help; not where the run has waited for the other one already.
    """

    exit_status = 7
    meaning = "locked, or superseded while running"

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        where: str = "",
        details: tuple[str, ...] = (),
        replan: bool = True,
    ) -> None:
        super().__init__(code, message, hint=hint, where=where, details=details)
        self.replan = replan


class CannotTellError(Stage6Error):
    """The state could not be observed, so nothing was decided.

    Args:
        unreachable: the server did not answer; False where it refused, or answered what cannot be read.
    """

    exit_status = 8
    meaning = "cannot tell (git, registry, network)"

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        where: str = "",
        details: tuple[str, ...] = (),
        unreachable: bool = False,
    ) -> None:
        super().__init__(code, message, hint=hint, where=where, details=details)
        self.unreachable = unreachable


class Interrupted(Stage6Error):  # noqa: N818 - a signal is no error
    """SIGINT, SIGTERM or SIGHUP arrived."""

    exit_status = 130
    meaning = "interrupted"


def _without_constructor(of: type[Stage6Error], *args: object) -> Stage6Error:
    return of.__new__(of, *args)
