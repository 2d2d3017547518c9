"""Where a published package comes from: what a run states, and what the statements in a registry say."""

from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.version import Version


@frozen(kw_only=True)
class Provenance:
    """What a run knows of a package that it made, for a statement.

    Args:
        chart, version, tag: of the release.
        path: folder of the chart in the repository.
        commit: that was packaged, which the tag names.
        source: page of the repository, "" where it has none.
        package: ``sha256:…`` of the archive.
        manifest: ``sha256:…`` of its OCI manifest.
        ci: name of the CI, as in an event.
        run: URL of the run, "" where there is none.
        tool: the version of jetscale_cicd.
    """

    chart: str
    version: Version
    tag: str
    path: str
    commit: str
    source: str
    package: str
    manifest: str
    ci: str
    run: str
    tool: str


@frozen(kw_only=True)
class Claims:
    """What a statement says; of what it does not say, "" or nothing.

    Args:
        digests: hexadecimal SHA-256 of what it is about.
        commits: that it was made from.
        ours: its form is that of Stage 6, which says all of the following.
        chart, version, tag, source: of the release.
        builder: who it says has built it.
        run: which run that was.
    """

    digests: tuple[str, ...]
    commits: tuple[str, ...]
    ours: bool = False
    chart: str = ""
    version: str = ""
    tag: str = ""
    source: str = ""
    builder: str = ""
    run: str = ""


@frozen(kw_only=True)
class Statement:
    """A statement that refers to a package, beside what the release's tag and the package say.

    Args:
        digest: of the artifact in the registry that holds it.
        claims: what it says, None where it could not be read.
        differs: what of that is otherwise.
        why: why it could not be read.
    """

    digest: str
    claims: Claims | None = None
    differs: tuple[str, ...] = ()
    why: str = ""

    @property
    def agrees(self) -> bool:
        """Whether it was read, and says nothing else than tag and package."""
        return self.claims is not None and not self.differs


@frozen(kw_only=True)
class FoundProvenance:
    """The statements that refer to a package; ``why`` says why there may be others, or why it is not known."""

    statements: tuple[Statement, ...] = ()
    why: str = ""


@frozen
class Kept:
    """The registry holds an artifact with this digest and lists it among those that refer to the package."""

    digest: str


@frozen
class NotKept:
    """The registry does not take such an artifact, with the reason; asking again gives the same."""

    why: str
