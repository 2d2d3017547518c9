"""Where the configuration of the work tree is another than the one that is read from the commit."""

import os
from collections.abc import Mapping
from pathlib import Path

from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.config.release_rules import RULES_FILES, ReleaseRules, rules_of
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.tools.boundary import is_inside
from jetscale_cicd.tools.git import Git
from jetscale_cicd.tools.paths import exists, is_file

_UNREADABLE = "\0"


def worktree_notes(git: Git, source: str, texts: Mapping[str, str], file: str, rules: ReleaseRules) -> tuple[str, ...]:
    """A sentence for ``.stage6.yaml`` and one for python-semantic-release's configuration, where they differ.

    Args:
        source: what the configuration was read from.
        texts: what that holds, by name.
        file: name of ``.stage6.yaml``; "" where another file replaces it.
        rules: what it gives.

    Raises:
        ConfigurationError: ``CONFIG_UNREADABLE``, somebody means to configure the run with what is no file.
    """
    if git.root == git.git_dir:  # a bare repository has no work tree
        return ()
    texts = {name: _with_unix_ends(text) for name, text in texts.items()}
    here = {name: text for name in (file, *RULES_FILES) if name and (text := _text(git.root / name)) is not None}
    notes = []
    if file and file not in texts and os.path.lexists(git.root / file) and not is_file(git.root / file):
        raise ConfigurationError(
            "CONFIG_UNREADABLE",
            "it is no file, and not committed",
            where=file,
            hint="make it a plain file, and commit it",
        )
    if file and file in here and file not in texts:
        notes.append(f"{file} of the work tree is not in {source}, so it is not read: commit it, or --config {file}")
    elif file and file not in here and file in texts:
        notes.append(f"{file} is read from {source}; the work tree lacks it")
    elif file and here.get(file) != texts.get(file):
        notes.append(f"{file} is read from {source}; that of the work tree differs")
    # Only what it means counts: a work tree with other dependencies in pyproject.toml is an ordinary one.
    if any(here.get(name) != texts.get(name) for name in RULES_FILES) and _rules(here) != rules:
        notes.append(f"python-semantic-release's configuration is read from {source}; that of the work tree differs")
    return tuple(notes)


def _rules(texts: Mapping[str, str]) -> ReleaseRules | None:
    try:
        return rules_of(texts)
    except ConfigurationError:
        return None


def _text(file: Path) -> str | None:
    """The text of a file; None where there is none, or a link that leads nowhere here."""
    try:
        if not exists(file):
            return None
        if not is_inside(file.parent, file):
            return _UNREADABLE
        from jetscale_cicd.config.bounded_yaml import MAX_BYTES

        content = read_regular(file, MAX_BYTES + 1)
    except OSError:
        return _UNREADABLE
    return _with_unix_ends(content.decode("utf-8-sig", "replace"))


def _with_unix_ends(text: str) -> str:
    """Git may write other line ends into a work tree than it keeps (gitattributes, ``eol``)."""
    return text.replace("\r\n", "\n")
