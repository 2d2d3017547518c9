"""Commits since the latest release, and the level that each asks for."""

import re
from typing import NamedTuple

from jetscale_cicd.model.version import Level

# The full object name of a commit, in a repository of SHA-1 or of SHA-256.
FULL_COMMIT_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Commit(NamedTuple):
    """A commit that touched the chart."""

    sha: str
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0]


class ReleaseNote(NamedTuple):
    """One entry of the release notes: its kind (``features``), scope, text, and breaking changes."""

    kind: str
    scope: str
    text: str
    breaking: tuple[str, ...] = ()


class JudgedCommit(NamedTuple):
    """A commit with the level that python-semantic-release reads from its message, why, and its release notes."""

    commit: Commit
    level: Level
    why: str
    notes: tuple[ReleaseNote, ...] = ()
