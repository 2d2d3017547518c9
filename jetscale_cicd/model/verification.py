"""A published chart compared with the one that is rebuilt from its tag."""

from enum import StrEnum

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
    """

    release: Release
    reference: str
    rebuilt: str
    published: str
    sameness: Sameness
    files: tuple[str, ...] = ()
