"""A published chart compared with the one that is rebuilt from its tag, or accepted as it is."""

from enum import StrEnum

from jetscale_cicd.model.provenance import FoundProvenance
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Release


class Sameness(StrEnum):
    """Whether two packages are the same."""

    EQUAL = "equal"
    REPACKED = "repacked"  # every file is the same, and the archives differ
    DIFFERENT = "different"


@frozen(kw_only=True)
class Verification:
    """The result of the comparison.

    Args:
        release: the tag and its commit.
        reference: where the package is published.
        rebuilt, published: digests of the two archives.
        sameness: whether they are the same.
        files: the files that differ, each as ``+name`` (published only), ``-name`` (rebuilt only) or ``~name``.
        managed: a run of Stage 6 made the release.
        adopted: digest that ``chart.adopted`` accepts for it, "" where it accepts none.
        provenance: what the registry has been told of where it comes from; None where that keeps no such statements.
    """

    release: Release
    reference: str
    rebuilt: str
    published: str
    sameness: Sameness
    files: tuple[str, ...] = ()
    managed: bool = True
    adopted: str = ""
    provenance: FoundProvenance | None = None


@frozen(kw_only=True)
class Adoption:
    """A package that was not made by Stage 6, and is accepted from now on.

    Args:
        release: the tag and its commit.
        reference: where the package is published.
        digest: of the package.
        files: the files that differ from a rebuild of the tag, as in a verification.
        not_rebuilt: why the tag could not be rebuilt, "" where it was.
        file: the configuration file that accepts it.
        replaced: the digest that it accepted before, "" where there was none.
    """

    release: Release
    reference: str
    digest: str
    files: tuple[str, ...]
    not_rebuilt: str
    file: str
    replaced: str
