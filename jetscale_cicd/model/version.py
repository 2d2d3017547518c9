"""Semantic versions and bump levels, frozen."""

import re
from enum import IntEnum

from jetscale_cicd.model.record import frozen

# The expression that https://semver.org (FAQ) gives for SemVer 2.0.0, without leading zeros; ASCII only.
_SEMVER = re.compile(
    r"(?P<major>0|[1-9][0-9]{0,19})\.(?P<minor>0|[1-9][0-9]{0,19})\.(?P<patch>0|[1-9][0-9]{0,19})"
    r"(?:-(?P<prerelease>(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+(?P<build>[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?"
)
# Helm reads each number into 64 bits without a sign, and calls a version with a larger one invalid (3.17.3, 4.3.1).
_LARGEST = (1 << 64) - 1
# git and every common file system refuse a longer name of a tag or a package.
_LONGEST = 255


class Level(IntEnum):
    """Which part of a version a commit asks to raise; ordered."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def label(self) -> str:
        """The name in lower case, as in the output and in JSON."""
        return self.name.lower()


@frozen
class Version:
    """A SemVer 2.0.0 version."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""
    build: str = ""

    @classmethod
    def parse(cls, text: str) -> "Version | None":
        """Return the version that ``text`` is to Helm, else None; a leading ``v`` belongs to a tag."""
        match = _SEMVER.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None:
            return None
        major, minor, patch, prerelease, build = match.groups(default="")
        core = (int(major), int(minor), int(patch))
        return cls(*core, prerelease, build) if max(core) <= _LARGEST else None

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        return text + (f"-{self.prerelease}" if self.prerelease else "") + (f"+{self.build}" if self.build else "")

    @property
    def core(self) -> tuple[int, int, int]:
        """major, minor, patch: these give the precedence of a version without a pre-release."""
        return (self.major, self.minor, self.patch)

    @property
    def precedence(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[bool, int, str], ...]]:
        """A key that orders versions (SemVer 2.0.0, 11): a pre-release precedes its version; build does not count."""
        parts = self.prerelease.split(".") if self.prerelease else []
        identifiers = ((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)
        return self.core, not self.prerelease, tuple(identifiers)

    def next_patch(self) -> "Version":
        """The next patch version."""
        return Version(self.major, self.minor, self.patch + 1)
