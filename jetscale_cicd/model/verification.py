"""A published chart compared with what its tag gives."""

from dataclasses import dataclass
from enum import StrEnum

from jetscale_cicd.model.release import Release


class Sameness(StrEnum):
    """How much of two packages is the same."""

    EQUAL = "equal"
    REPACKED = "repacked"  # every file is the same, and the archive around them is another
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What comparing gave.

    Args:
        release: the tag and its commit.
        reference: where the package is published.
        rebuilt, published: digests of the two archives.
        sameness: how much is the same.
        files: what differs, each as ``+name`` (published only), ``-name`` (rebuilt only) or ``~name``.
    """

    release: Release
    reference: str
    rebuilt: str
    published: str
    sameness: Sameness
    files: tuple[str, ...] = ()
