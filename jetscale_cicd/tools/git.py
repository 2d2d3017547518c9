"""git for one repository: byte-exact, and deaf to the user's configuration; the only module that imports GitPython.

GitPython finds the repository and starts git (both streams read at once). Its diffs are not used: ``commit.diff()``
takes 7.4 s on 13,000 files and raises on names that are not UTF-8 (measured).
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from jetscale_cicd.errors import CannotTellError, ConfigurationError, PreconditionError
from jetscale_cicd.tools.redact import Redactor

if TYPE_CHECKING:
    import git

# `git rev-parse --local-env-vars`: what a hook or a parent git leaves behind and would send us to another repository.
REDIRECTING = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)

# Settings that could change an answer or start a program of the user's; `-c` outranks every configuration file.
_PINNED = (
    "core.quotePath=false",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.commitGraph=true",
    "core.splitIndex=false",
    "advice.graftFileDeprecated=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "log.mailmap=false",
    "log.follow=false",
    "push.followTags=false",
    "push.pushOption=",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "tag.gpgSign=false",
    "fetch.recurseSubmodules=no",
    "fetch.prune=false",
    "fetch.writeCommitGraph=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_GLOB_PATHSPECS": "0",
    "GIT_NOGLOB_PATHSPECS": "0",
    "GIT_ICASE_PATHSPECS": "0",
}
# Outranks every `protocol.*.allow` of a configuration file, which `-c protocol.allow=never` does not (git(1)).
_OFFLINE = {"GIT_ALLOW_PROTOCOL": "none"}
# A cancelled job on GitHub gets SIGTERM 7.5 s after SIGINT.
_GRACE = 5.0


class GitResult(NamedTuple):
    """Exit status, output as bytes, errors as redacted text."""

    status: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True)
class Git:
    """git in one repository.

    Args:
        root: top of the working tree (of a bare repository: its directory).
        git_dir, common_dir: where git keeps this work tree's and all work trees' data.
        network: whether git may talk to a remote, lazily fetched objects included.
        redact: masks secrets in git's messages.
        environment: extra variables, for example a scratch object directory.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    network: bool
    redact: Redactor
    repo: "git.Repo"
    environment: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def remotes(self) -> tuple[str, ...]:
        """Names of the remotes; a run adds none."""
        return tuple(self.ask("remote").decode("utf-8", "surrogateescape").split())

    def run(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> GitResult:
        """Run git to its end without judging its exit status."""
        pinned = [part for setting in _PINNED for part in ("-c", setting)]
        # -C, because GitPython expands variables in the directory where it starts git.
        command = ["git", "-C", str(self.root), "--no-pager", "--no-optional-locks", *pinned, *args]
        offline = {} if self.network else _OFFLINE
        with tempfile.TemporaryFile() as source:
            source.write(stdin)
            source.seek(0)
            started = self.repo.git.execute(
                command,
                istream=source,
                as_process=True,
                env={**_ENVIRONMENT, **offline, **self.environment, **(env or {})},
            )
            process = cast("subprocess.Popen[bytes]", started.proc)
            try:
                stdout, stderr = process.communicate()
            except BaseException:
                _end(process)
                raise
        return GitResult(process.returncode, stdout, self.redact(stderr.decode("utf-8", "replace")))

    def ask(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run git and return its output.

        Raises:
            CannotTellError: ``GIT_FAILED``, git exited with another status than 0.
        """
        result = self.run(*args, stdin=stdin, env=env)
        if result.status != 0:
            raise self.failed(args, result)
        return result.stdout

    def failed(self, args: Sequence[str], result: GitResult) -> CannotTellError:
        """The error for a git command whose failure leaves a question open."""
        said = result.stderr.strip() or f"exit status {result.status}"
        return CannotTellError(
            "GIT_FAILED", f"git {args[0]} failed: {said}", where=str(self.root), hint=_hint_for(said, self.network)
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Let an interrupted git stop, and leave none behind: a push that goes on alone surprises the next run."""
    process.terminate()
    try:
        process.communicate(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def open_repository(directory: Path, *, network: bool, redact: Redactor) -> Git:
    """Open the repository around ``directory``.

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
    try:
        import git
    except ImportError as missing:  # GitPython refuses to import without a git executable
        raise PreconditionError("TOOL_MISSING", "git is not on PATH", hint="install git 2.30 or newer") from missing
    try:
        # Absolute and unexpanded: a directory may be called `~` or `$HOME`.
        repo = git.Repo(directory.absolute(), search_parent_directories=True, expand_vars=False)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        raise ConfigurationError(
            "NOT_A_REPOSITORY",
            "this is not inside a git repository",
            where=str(directory),
            hint="give one with --repo DIR",
        ) from None
    return Git(
        root=Path(repo.working_tree_dir or repo.git_dir),
        git_dir=Path(repo.git_dir),
        common_dir=Path(repo.common_dir),
        network=network,
        redact=redact,
        repo=repo,
    )


def _hint_for(said: str, network: bool) -> str:
    """What to do next about a message of git's that people meet often."""
    if "dubious ownership" in said:
        return "the checkout belongs to another user: git config --global --add safe.directory <path>"
    if "transport" in said and "not allowed" in said and not network:
        return "an object is missing here and this command does not use the network: run `git fetch` first"
    if "Authentication failed" in said or "could not read Username" in said or "Permission denied" in said:
        return "git was refused: check the credentials that the checkout left behind (persist-credentials)"
    return "run the command by hand in the repository to see more"
