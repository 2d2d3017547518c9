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
        digest: ``sha256:…`` of the archive, which pins what is handed to helm; another zlib compresses otherwise.
        content: ``sha256:…`` over the names and bytes of its files; the same commit and version give the same one on
            any machine.
        path: the archive on this machine.
    """

    chart: str
    version: Version
    commit: str
    digest: str
    content: str
    path: str


@frozen(kw_only=True)
class Recorded:
    """What the tag of a release says of its package.

    Args:
        digest: of the archive.
        content: over its files; "" in a tag of an earlier version of Stage 6, which packed without compression.
    """

    digest: str
    content: str = ""

    def is_of(self, artifact: Artifact) -> bool:
        """Whether a package has the recorded content."""
        return artifact.content == self.content if self.content else artifact.digest == self.digest


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
