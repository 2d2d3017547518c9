"""GitHub Actions' faces: step outputs, the job summary, an annotation for an error."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from jetscale_cicd.errors import ConfigurationError, Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.report.paint import plain
from jetscale_cicd.report.text import verdict

# GitHub refuses a step's summary above 1 MiB (GitHub docs, "Adding a job summary").
_SUMMARY = 250_000
_COLONS = re.compile(r"(?m)^((?:[^\S\n]|\x1b\[[0-9;]*m)*):(?=:)")
_BRACKET = re.compile(r"(##[A-Za-z]*)\[")


def write_outputs(plan: Plan, env: Mapping[str, str]) -> None:
    """Append decision, version, namespaces and tag to ``$GITHUB_OUTPUT``, where there is one.

    The delimiter is random and checked against every value, so that no value can end its own block
    (GitHub docs, "Workflow commands", multiline strings).

    Raises:
        ConfigurationError: ``GITHUB_FILE``, the file cannot be written.
    """
    import secrets

    namespaces = dict.fromkeys(decided.target.namespace for decided in plan.targets)
    outputs = {
        "decision": str(plan.decision),
        "version": str(plan.version or ""),
        "tag": plan.deploy.tag if plan.deploy and plan.version else "",
        "namespace": ",".join(namespaces),
    }
    blocks = []
    for name, value in outputs.items():
        delimiter = f"end_{secrets.token_hex(16)}"
        if delimiter in value:
            raise ConfigurationError("GITHUB_FILE", "a value holds the random delimiter", where=name, hint="run again")
        blocks.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    _append(env.get("GITHUB_OUTPUT"), "".join(blocks))


def write_summary(text: str, plan: Plan | None, env: Mapping[str, str]) -> None:
    """Append the verdict and the whole text to ``$GITHUB_STEP_SUMMARY``, where there is one."""
    if len(text) > _SUMMARY:
        text = text[:_SUMMARY] + "\n… cut here: the log of the step has all of it\n"
    fence = "`" * (3 + max((len(run) for run in text.split("\n") if set(run) == {"`"}), default=0))
    while fence in text:
        fence += "`"
    title = f"### Stage 6: {_escape(verdict(plan))}\n\n" if plan else "### Stage 6 failed\n\n"
    _append(env.get("GITHUB_STEP_SUMMARY"), f"{title}{fence}text\n{plain(text).rstrip()}\n{fence}\n\n")


def annotation(error: Stage6Error, redact: Callable[[str], str] = lambda text: text, *, warns: bool = False) -> str:
    """A workflow command that shows the error on the run's page (GitHub docs, "Workflow commands")."""
    message = (
        f"{error.message}" + (f" ({error.where})" if error.where else "") + (f". {error.hint}" if error.hint else "")
    )
    word = "warning" if warns else "error"
    return f"::{word} title={_property(f'Stage 6: {error.code}')}::{_data(harmless(plain(redact(message))))}"


def harmless(text: str) -> str:
    r"""Text in which a CI finds no command of its own, whatever a commit message or a manifest holds.

    A GitHub runner takes ``::`` after any leading space, and ``##[`` anywhere in a line (its ActionCommand.cs); Azure
    Pipelines takes ``##vso[``, TeamCity ``##teamcity[``.
    """
    return _BRACKET.sub(r"\1\\[", _COLONS.sub(r"\1:\\:", text))


def harmless_json(text: str) -> str:
    """The same for JSON, without changing what it says; no line of it begins with ``::``."""
    return _BRACKET.sub(r"\1\\u005b", text)


def _append(file: str | None, text: str) -> None:
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8", errors="backslashreplace") as out:
            out.write(text)
    except OSError as unwritable:
        raise ConfigurationError(
            "GITHUB_FILE", f"it cannot be written: {unwritable.strerror}", where=file
        ) from unwritable


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _escape(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>|#" else char for char in plain(text))
