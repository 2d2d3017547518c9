"""git in one repository: questions are asked here, and what is written goes through GitPython."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.request import OpenedRepository
from jetscale_cicd.tools.git.discovery import locate
from jetscale_cicd.tools.git.pinned import REDIRECTING, command, variables
from jetscale_cicd.tools.git.process import GitResult, Process, finish, start
from jetscale_cicd.tools.redact import Redactor


@dataclass(frozen=True)
class Git:
    """git in one repository.

    Args:
        root: top of the working tree (of a bare repository: its directory).
        git_dir, common_dir: where git keeps this work tree's and all work trees' data.
        network: whether git may talk to a remote, lazily fetched objects included.
        redact: masks secrets in git's messages.
        environment: extra variables, for example a scratch object directory.
        opened: the repository as a caller opened it with GitPython.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    network: bool
    redact: Redactor
    environment: Mapping[str, str] = field(default_factory=dict)
    opened: OpenedRepository | None = None

    @cached_property
    def remotes(self) -> tuple[str, ...]:
        """Names of the remotes; a run adds none."""
        return tuple(self.ask("remote").decode("utf-8", "surrogateescape").split())

    def run(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> GitResult:
        """Run git to its end without judging its exit status."""
        return self._result(self._start(*args, stdin=bool(stdin), env=env), stdin)

    def write(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> GitResult:
        """Run a git that writes, here or to a remote, without judging its exit status."""
        from jetscale_cicd.tools.git.gitpython import start_writing

        process = start_writing(self.opened, self.root, command(self.root, *args), self._variables(env))
        return self._result(process, stdin)

    def _start(self, *args: str, stdin: bool, env: Mapping[str, str] | None = None) -> Process:
        return start(command(self.root, *args), {**os.environ, **self._variables(env)}, stdin=stdin)

    def _variables(self, env: Mapping[str, str] | None) -> dict[str, str]:
        return {**variables(network=self.network), **self.environment, **(env or {})}

    def _result(self, process: Process, stdin: bytes) -> GitResult:
        status, stdout, stderr = finish(process, stdin)
        return GitResult(status, stdout, self.redact(stderr.decode("utf-8", "replace")))

    def ask(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run git and return its output.

        Raises:
            CannotTellError: ``GIT_FAILED``, git exited with another status than 0.
        """
        result = self.run(*args, stdin=stdin, env=env)
        if result.status != 0:
            raise self.failed(args, result)
        return result.stdout

    def made(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Run a git that writes, and return the name of what it made.

        Raises:
            CannotTellError: ``GIT_FAILED``, git exited with another status than 0.
        """
        result = self.write(*args, stdin=stdin, env=env)
        if result.status != 0:
            raise self.failed(args, result)
        return result.stdout.decode().strip()

    def failed(self, args: Sequence[str], result: GitResult) -> CannotTellError:
        """The error for a git command whose failure leaves a question open."""
        said = result.stderr.strip() or f"exit status {result.status}"
        return CannotTellError(
            "GIT_FAILED", f"git {args[0]} failed: {said}", where=str(self.root), hint=_hint_for(said, self.network)
        )


def open_repository(repo: Path | OpenedRepository, *, network: bool, redact: Redactor) -> Git:
    """Open the repository around a directory, or the one that GitPython has opened.

    Raises:
        ConfigurationError: ``NOT_A_REPOSITORY``, or ``GIT_ENVIRONMENT`` where the environment points git elsewhere.
    """
    redirecting = [name for name in REDIRECTING if name in os.environ]
    if redirecting:
        raise ConfigurationError(
            "GIT_ENVIRONMENT",
            f"{', '.join(redirecting)} would send git to another repository",
            hint=f"unset {' '.join(redirecting)}",
        )
    opened = None if isinstance(repo, Path) else repo
    directory = repo if isinstance(repo, Path) else Path(repo.working_tree_dir or repo.git_dir)
    location = locate(directory)
    if location is None:
        raise ConfigurationError(
            "NOT_A_REPOSITORY",
            "this is not inside a git repository",
            where=str(directory),
            hint="give one with --repo DIR",
        )
    environment = dict(opened.git.environment()) if opened else {}
    return Git(*location, network=network, redact=redact, environment=environment, opened=opened)


def _hint_for(said: str, network: bool) -> str:
    """What to do next about a message of git's that people meet often."""
    if "dubious ownership" in said:
        return "the checkout belongs to another user: git config --global --add safe.directory <path>"
    if "transport" in said and "not allowed" in said and not network:
        return "an object is missing here and this command does not use the network: run `git fetch` first"
    if "Authentication failed" in said or "could not read Username" in said or "Permission denied" in said:
        return "git was refused: check the credentials that the checkout left behind (persist-credentials)"
    return "run the command by hand in the repository to see more"
