"""git in one repository: questions are asked here, and what changes refs or history goes through GitPython."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.credential import credentials_in_setting
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.shown import shown, shown_address
from jetscale_cicd.tools.git.discovery import locate
from jetscale_cicd.tools.git.messages import hint_for, unanswered, without_progress
from jetscale_cicd.tools.git.objects import GitObject, ObjectReader, ReaderEndedError
from jetscale_cicd.tools.git.pinned import READ, REDIRECTING, command, variables
from jetscale_cicd.tools.git.process import (
    GitResult,
    Patience,
    Process,
    Started,
    UnansweredError,
    finish,
    start,
)
from jetscale_cicd.tools.paths import is_directory
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.search_path import find_program, relative_parts

if TYPE_CHECKING:
    from jetscale_cicd.model.request import OpenedRepository


# Seconds. git tells of its progress while it fetches; while it pushes, hooks of the server may take their time.
_PATIENCE = {
    "ls-remote": Patience(60, 300),
    "fetch": Patience(120, 3600),
    "push": Patience(120, 3600),
    "tag": Patience(60, 60),  # which may sign
}
# Any other git may fetch objects that a partial clone lacks.
_LAZY = Patience(300, 3600)


@frozen
class _Begun:
    """A git that answers later, and whether its answer stays true whatever is fetched or written."""

    git: Started
    lasts: bool


@frozen
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
    opened: "OpenedRepository | None" = None

    def __enter__(self) -> Self:
        """Whatever runs beside the run ends with the block."""
        return self

    def __exit__(self, raised: type[BaseException] | None, *_: object) -> None:
        """Leave nothing running; what was begun and not asked for yet is finished, unless something was raised."""
        self._objects.close()
        for args, begun in list(self._begun.items()):
            if raised is None:
                with suppress(UnansweredError):  # nobody waits for the answer
                    begun.git.finish(self._patience(args))
            else:
                self._begun.pop(args).git.stop()  # who asks all the same gets another

    @cached_property
    def settings(self) -> Mapping[str, tuple[str, ...]]:
        """Remotes, addresses, identity, signatures and hooks as git is configured, keys as git prints them.

        Raises:
            CannotTellError: ``GIT_FAILED``, the configuration cannot be read.
        """
        arguments = ("config", "--null", "--get-regexp", READ)
        result = self.run(*arguments)
        if result.status not in (0, 1):  # 1: there is none of them
            raise self.failed(arguments, result)
        found: dict[str, tuple[str, ...]] = {}
        for line in result.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            key, equals, value = line.partition("\n")
            found[key] = (*found.get(key, ()), value if equals else "true")  # git-config(1): a key alone is true
            self.redact.learn(credentials_in_setting(key, value))  # git repeats an address in its messages
        return found

    @property
    def config(self) -> Mapping[str, str]:
        """The same, of several values the last one."""
        return {key: values[-1] for key, values in self.settings.items()}

    @property
    def remotes(self) -> tuple[str, ...]:
        """Names of the remotes that have an address; `git remote` also lists one that the user's settings only tune."""
        settings = (key.removeprefix("remote.").rpartition(".") for key in self.config if key.startswith("remote."))
        return tuple(sorted({name for name, _, key in settings if name and key in ("url", "pushurl")}))

    @cached_property
    def _objects(self) -> ObjectReader:
        env = {**os.environ, **self._variables()}
        return ObjectReader(partial(start, command(self.root, "cat-file", "--batch"), env, stdin=True))

    @cached_property
    def _begun(self) -> dict[tuple[str, ...], _Begun]:
        return {}

    def _forget(self) -> None:
        """Take back what was begun and may have another answer by now."""
        for args in [args for args, begun in self._begun.items() if not begun.lasts]:
            self._begun.pop(args).git.stop()

    def read(self, *names: str) -> list[GitObject | None]:
        """What each name stands for, None where there is no such object here; one process for all of a run.

        Args:
            names: revisions, without a line break.

        Raises:
            CannotTellError: ``GIT_FAILED``, an object or the repository is damaged.
        """
        try:
            return self._objects.read(names)
        except UnansweredError as late:
            raise self._unanswered(("cat-file",), late) from None
        except ReaderEndedError as ended:
            raise self.failed(("cat-file",), self._redacted(ended.status, b"", ended.stderr)) from None

    def fetch(self, *args: str, stdin: bytes = b"") -> GitResult:
        """Run git fetch; afterwards objects are read anew, because a process keeps where the history was cut off."""
        self._objects.close()
        self._forget()
        result = self.run("fetch", "--progress", *args, stdin=stdin)
        return result._replace(stderr=without_progress(result.stderr))

    def begin(self, *args: str, lasts: bool = False) -> None:
        """Start a git that only reads, beside the rest: the next ``run`` or ``ask`` of the same takes its answer.

        Where a fetch or a git that writes comes in between, another one is started. One thread at a time.

        Args:
            lasts: the answer is about objects by their full names, which neither a fetch nor a write changes.
        """
        if args not in self._begun:
            self._begun[args] = _Begun(Started(self._start(*args, stdin=False)), lasts)

    def run(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> GitResult:
        """Run git to its end without judging its exit status, or wait for the one that was begun.

        Raises:
            CannotTellError: ``REMOTE_SILENT``, a remote gives no answer.
        """
        begun = self._begun.pop(args, None) if not stdin and not env else None
        if begun is None:
            return self._result(args, self._start(*args, stdin=bool(stdin), env=env), stdin)
        try:
            return self._redacted(*begun.git.finish(self._patience(args)))
        except UnansweredError as late:
            raise self._unanswered(args, late) from None

    def write(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> GitResult:
        """Run a git that writes, here or to a remote, without judging its exit status.

        Raises:
            CannotTellError: ``REMOTE_SILENT``, a remote gives no answer, and may have taken what was pushed.
        """
        from jetscale_cicd.tools.git.gitpython import start_writing

        self._forget()
        whole = command(self.root, *args, settings=self._overrides)
        process = start_writing(self.opened, self.root, whole, self._variables(env))
        return self._result(args, process, stdin)

    @cached_property
    def _overrides(self) -> tuple[str, ...]:
        """Settings of a git that writes, which depend on names in the configuration.

        Without the first ones git refuses refspecs in a push to a mirror. The others are hooks of the configuration
        (git-config(1), "hook.<friendly-name>.command", since git 2.54), which ``core.hooksPath`` does not keep out.
        """
        mirrors = [key for key in self.settings if re.fullmatch(r"remote\..*\.mirror", key)]
        hooks = {key.rpartition(".")[0] for key in self.settings if key.startswith("hook.")}
        return (*(f"{key}=false" for key in mirrors), *(f"{hook}.enabled=false" for hook in sorted(hooks)))

    def _start(self, *args: str, stdin: bool, env: Mapping[str, str] | None = None) -> Process:
        settings = self._overrides if args[0] == "fetch" else ()
        return start(command(self.root, *args, settings=settings), {**os.environ, **self._variables(env)}, stdin=stdin)

    def _variables(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**variables(network=self.network), **self.environment, **(env or {})}

    def _result(self, args: Sequence[str], process: Process, stdin: bytes) -> GitResult:
        try:
            return self._redacted(*finish(process, stdin, self._patience(args)))
        except UnansweredError as late:
            raise self._unanswered(args, late) from None

    def _patience(self, args: Sequence[str]) -> Patience | None:
        return _PATIENCE.get(args[0]) or (_LAZY if self.network and self._is_partial else None)

    @cached_property
    def _is_partial(self) -> bool:
        """Whether objects may be missing here, which git then fetches wherever it needs them."""
        file = self.common_dir / "config"
        return file.is_file() and b"promisor" in file.read_bytes().lower()

    def _unanswered(self, args: Sequence[str], late: UnansweredError) -> CannotTellError:
        remote = next((word for word in args if word in self.remotes), "") or next(iter(self.remotes), "")
        pushed = self.config.get(f"remote.{remote}.pushurl", "") if args[0] == "push" else ""
        address = shown_address(pushed or self.config.get(f"remote.{remote}.url", ""))
        return unanswered(args[0], remote, address, late.seconds)

    def _redacted(self, status: int, stdout: bytes, stderr: bytes) -> GitResult:
        text = stderr.decode("utf-8", "replace")
        return GitResult(status, stdout, self.redact(text), text)

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
        reason = result.stderr.strip() or f"exit status {result.status}"
        hint = hint_for(result.unredacted, self.network)
        return CannotTellError("GIT_FAILED", f"git {args[0]} failed: {reason}", where=str(self.root), hint=hint)


def open_repository(repo: "Path | OpenedRepository", *, network: bool, redact: Redactor) -> Git:
    """Open the repository around a directory, or the one that GitPython has opened.

    Raises:
        ConfigurationError: ``NOT_A_REPOSITORY``, or ``GIT_ENVIRONMENT`` where the environment points git elsewhere.
        PreconditionError: ``TOOL_MISSING``, there is no git on PATH.
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
        find_program("git", os.environ)
        there = is_directory(directory)
        raise ConfigurationError(
            "NOT_A_REPOSITORY",
            "this is not inside a git repository" if there else "there is no such directory",
            where=shown(str(directory)),
            hint="give one with --repo DIR" if there else "check --repo DIR",
        )
    if relative_parts(os.environ):
        from jetscale_cicd.tools.git.gitpython import load_gitpython

        load_gitpython()
    environment = dict(opened.git.environment()) if opened else {}
    return Git(*location, network=network, redact=redact, environment=environment, opened=opened)
