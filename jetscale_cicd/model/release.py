"""What is released: tags, artifacts, and the three answers of a registry."""

from dataclasses import dataclass
from typing import NamedTuple

from jetscale_cicd.model.version import Version


class Release(NamedTuple):
    """A release tag merged into head."""

    version: Version
    tag: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The packaged chart of one commit.

    Args:
        chart: chart name.
        version: chart version stamped at package time.
        commit: source commit.
        digest: ``sha256:…`` of the archive; the same commit and version give the same digest on any machine.
        path: archive on this machine.
    """

    chart: str
    version: Version
    commit: str
    digest: str
    path: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The registry was asked and does not hold the version."""


@dataclass(frozen=True, slots=True)
class Present:
    """The registry holds the version, with this archive digest; in an OCI registry, under this manifest's digest."""

    digest: str
    manifest: str = ""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The registry could not be asked, or did not answer in a way that proves either; and what to do about it."""

    why: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Nobody asked the registry: only commits were compared."""

    why: str


RegistryAnswer = Absent | Present | CannotTell | NotAsked
