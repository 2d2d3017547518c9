"""GitHub Actions: step outputs, the job summary, an annotation for an error."""

import errno
import json
import os
import stat
from collections.abc import Callable, Mapping
from typing import BinaryIO

from jetscale_cicd.errors import ConfigurationError, Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.shown import may_be_shown, shown
from jetscale_cicd.report.ci.table import OpenOutputs
from jetscale_cicd.report.face import Redact
from jetscale_cicd.report.harmless import harmless
from jetscale_cicd.report.matrix import matrix
from jetscale_cicd.report.paint import plain
from jetscale_cicd.report.verdict import verdict

# GitHub refuses a step's summary above 1 MiB (GitHub docs, "Adding a job summary").
_SUMMARY = 250_000


class GitHub:
    """Files that the runner names in the environment, and workflow commands in the log."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.summary: tuple[int, int] | None = None  # where the last summary begins and ends

    def write_outputs(self, plan: Plan) -> None:
        """Append decision, version, namespaces, tag and matrix to ``$GITHUB_OUTPUT``, where there is one.

        The delimiter is random and checked against every value, so that no value can end its own block
        (GitHub docs, "Workflow commands", multiline strings).

        Raises:
            ConfigurationError: ``GITHUB_FILE``, the file cannot be written.
        """
        namespaces = dict.fromkeys(decided.target.namespace for decided in plan.targets)
        outputs = {
            "decision": str(plan.decision),
            "version": str(plan.version or ""),
            "tag": plan.deploy.tag if plan.deploy and plan.version else "",
            "namespace": ",".join(namespaces),
            "matrix": json.dumps(matrix(plan)),
        }
        blocks = []
        for name, value in outputs.items():
            delimiter = f"end_{os.urandom(16).hex()}"
            if delimiter in value:
                raise ConfigurationError(
                    "GITHUB_FILE", "a value holds the random delimiter", where=name, hint="run again"
                )
            blocks.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
        _append(self.env.get("GITHUB_OUTPUT"), "".join(blocks))

    def write_summary(self, plan: Plan | None, text: Callable[[], str]) -> None:
        """Write the verdict and the whole text to the end of ``$GITHUB_STEP_SUMMARY``, where there is one.

        What this command wrote there before it acted is replaced, unless something else was appended since.

        Raises:
            ConfigurationError: ``GITHUB_FILE``, the file cannot be written.
        """
        file = self.env.get("GITHUB_STEP_SUMMARY")
        if file:
            self.summary = _replace_end(file, _summary(plan, text()), self.summary)

    def annotation(self, error: Stage6Error, redact: Redact, *, warns: bool) -> str | None:
        """A workflow command that shows the error on the run's page (GitHub docs, "Workflow commands")."""
        if self.env.get("GITHUB_ACTIONS") != "true":
            return None
        where = f" ({error.where})" if error.where else ""
        message = f"{error.message}{where}" + (f". {error.hint}" if error.hint else "")
        kind = "warning" if warns else "error"
        return f"::{kind} title={_property(f'Stage 6: {error.code}')}::{_data(harmless(plain(redact(message))))}\n"


def _summary(plan: Plan | None, text: str) -> str:
    if len(text) > _SUMMARY:
        text = text[:_SUMMARY] + "\n… cut here: the log of the step has all of it\n"
    fence = "`" * (3 + max((len(run) for run in text.split("\n") if set(run) == {"`"}), default=0))
    while fence in text:
        fence += "`"
    title = f"### Stage 6: {_escape(verdict(plan))}\n\n" if plan else "### Stage 6 failed\n\n"
    return f"{title}{fence}text\n{plain(text).rstrip()}\n{fence}\n\n"


def _replace_end(file: str, text: str, before: tuple[int, int] | None) -> tuple[int, int]:
    """Append a text, in place of the part that is still the end of the file; gives where it begins and ends."""
    content = text.encode("utf-8", "backslashreplace")
    try:
        with _opened(file) as out:
            if before and out.tell() == before[1]:
                out.truncate(before[0])
            begin = out.seek(0, os.SEEK_END)
            out.write(content)
    except OSError as unwritable:
        raise _unwritable(file, unwritable) from unwritable
    return begin, begin + len(content)


def _append(file: str | None, text: str) -> None:
    if not file:
        return
    try:
        with _opened(file) as out:
            out.write(text.encode("utf-8", "backslashreplace"))
    except OSError as unwritable:
        raise _unwritable(file, unwritable) from unwritable


def _opened(file: str) -> BinaryIO:
    """Open a file to append to it, or `/dev/null`; a pipe would keep the run until somebody reads it.

    What looks like a secret is the name of no new file: it would be on disk, and in the next `git status`.
    """
    create = os.O_CREAT if may_be_shown(file) else 0
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | create | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "ab")


def _unwritable(file: str, why: OSError) -> ConfigurationError:
    return ConfigurationError("GITHUB_FILE", f"it cannot be written: {why.strerror}", where=shown(file))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _escape(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>|#" else char for char in plain(text))


OPEN: OpenOutputs = GitHub
