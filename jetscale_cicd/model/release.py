"""Releases, artifacts, and the answers of a registry."""

from typing import NamedTuple

from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.version import Version


class Release(NamedTuple):
    """A version with its tag and commit."""

    version: Version
    tag: str
    commit: str


@frozen(kw_only=True)
class Artifact:
    """The packaged chart of one commit.

    Args:
        chart: chart name.
        version: chart version, written into Chart.yaml of the package.
        commit: source commit.
        digest: ``sha256:…`` of the archive; the same commit and version give the same digest on any machine.
        path: the archive on this machine.
    """

    chart: str
    version: Version
    commit: str
    digest: str
    path: str


@frozen
class Absent:
    """The registry does not hold the version."""


@frozen
class Present:
    """The registry holds the version: the digest of its archive and, in an OCI registry, that of its manifest."""

    digest: str
    manifest: str = ""


@frozen
class CannotTell:
    """The registry did not answer, or its answer proves neither; with the reason and the next step."""

    why: str
    hint: str = ""


@frozen
class NotAsked:
    """The registry was not asked, because only commits are compared."""

    why: str


RegistryAnswer = Absent | Present | CannotTell | NotAsked
