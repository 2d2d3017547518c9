"""The configuration of a commit, overridden by what was asked on the command line."""

import os
from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.config.defaults import default_settings
from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.config.release_rules import RULES_FILES, ReleaseRules, rules_of
from jetscale_cicd.config.settings import Settings, check_registry
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.shown import quoted, shown
from jetscale_cicd.observe.committed_text import committed_texts, text_of
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.observe.git.trees import entry_at
from jetscale_cicd.observe.worktree_notes import worktree_notes

FILE = ".stage6.yaml"
# Names that are taken for it; a repository that has one of them was configured by somebody.
_MISTAKEN = (".stage6.yml", "stage6.yaml", "stage6.yml")


class Configuration(NamedTuple):
    """``.stage6.yaml``, and python-semantic-release's own configuration."""

    settings: Settings
    rules: ReleaseRules


def load_configuration(repository: Repository, head: str, request: Request) -> Configuration:
    """The configuration that a commit holds; with ``--config`` the file that it names, whatever the commit holds.

    A work tree whose files differ from the commit's, or that lacks them, gives a note.

    Args:
        head: full name of the commit.

    Raises:
        ConfigurationError: a file that is there cannot be used; the named file is missing; an unknown target; a bad
            registry.
        CannotTellError: the commit has a file that this clone lacks, and that could not be fetched.
    """
    texts = committed_texts(repository, head, (*RULES_FILES, *(() if request.config else (FILE, *_MISTAKEN))))
    settings, rules = _settings(request, texts), rules_of(texts)
    source = "the work tree that git sees" if request.worktree else f"commit {head[:12]}"
    notes = worktree_notes(repository.git, source, texts, "" if request.config else FILE, rules)
    if request.worktree and not request.config and FILE not in texts and _was_committed(repository, head):
        notes = (*notes, f"{FILE} is not in {source}, though it is in HEAD: the defaults are simulated")
    return Configuration(_overridden(replace(settings, notes=(*settings.notes, *notes)), request), rules)


def _was_committed(repository: Repository, snapshot: str) -> bool:
    return any(entry_at(repository, parent, FILE) for parent in repository.parents(snapshot)[snapshot])


def _settings(request: Request, texts: dict[str, str]) -> Settings:
    if request.config:
        return _parsed(_read(request.config), shown(str(request.config)))
    if FILE in texts:
        return _parsed(texts[FILE], FILE)
    if mistaken := next((name for name in _MISTAKEN if name in texts), None):
        raise ConfigurationError(
            "CONFIG_NAME", f"{mistaken} is not read", where=mistaken, hint=f"git mv {mistaken} {FILE}, and commit it"
        )
    return default_settings()


def _parsed(text: str, file: str) -> Settings:
    from jetscale_cicd.config.reader import read_settings

    return read_settings(text, file)


def _overridden(settings: Settings, request: Request) -> Settings:
    """The settings with the targets, the engine and the registry that the request asks for."""
    unknown = [name for name in request.targets if name not in {target.name for target in settings.targets}]
    if unknown:
        known = ", ".join(target.name for target in settings.targets)
        raise ConfigurationError(
            "UNKNOWN_TARGET", f"there is no target {quoted(unknown[0])}", where="--target", hint=f"targets are: {known}"
        )
    targets = tuple(each for each in settings.targets if not request.targets or each.name in request.targets)
    left_out = tuple(each for each in settings.targets if each not in targets)
    if request.engine:
        targets = tuple(replace(target, engine=request.engine) for target in targets)
    chart, origins = settings.chart, settings.origins
    if request.registry:
        try:
            check_registry(request.registry)
        except ValueError as refused:
            raise ConfigurationError("CONFIG_VALUE", f"registry: {refused}", where="--registry") from None
        chart, origins = replace(chart, registry=request.registry), {**origins, "chart.registry": "--registry"}
    try:
        return replace(settings, chart=chart, targets=targets, left_out=left_out, origins=origins)
    except ValueError as clash:
        raise ConfigurationError("CONFIG_VALUE", str(clash), where="--engine") from None


def _read(file: Path) -> str:
    """The text of the file that ``--config`` names."""
    from jetscale_cicd.config.bounded_yaml import MAX_BYTES

    if not os.path.lexists(file):
        raise ConfigurationError(
            "CONFIG_MISSING", "there is no such configuration file", where=shown(str(file)), hint="check --config"
        )
    try:
        content = read_regular(file, MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigurationError("CONFIG_UNREADABLE", "the link names no file", where=shown(str(file))) from None
    except OSError as unreadable:
        raise ConfigurationError(
            "CONFIG_UNREADABLE",
            f"it cannot be read: {unreadable.strerror}",
            where=shown(str(file)),
            hint="make it a plain file that this user may read",
        ) from None
    return text_of(content, shown(str(file)))
