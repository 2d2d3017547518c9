"""Verify a published chart: rebuild it from its tag, and compare the archives, then the files."""

import hashlib
import io
import tarfile
from pathlib import Path

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import CannotTellError, ConfigurationError, PreconditionError, VerificationError
from jetscale_cicd.model.release import Present, Release
from jetscale_cicd.model.verification import Sameness, Verification
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.repository import release_version
from jetscale_cicd.planning.version import ask

# Helm refuses to load more than 100 MiB of a chart (chartutil, MaxDecompressedChartSize).
_MAX_UNPACKED_BYTES = 100 << 20


def verify_chart(context: RunContext, tag: str) -> Verification:
    """Rebuild the chart of a release tag and compare it with what the registry holds.

    Raises:
        ConfigurationError: ``NO_RELEASE_TAG``, it is not a release tag.
        PreconditionError: ``NOT_PUBLISHED``, or a subchart could not be fetched.
        CannotTellError: the registry does not report what it holds.
    """
    version = _version_of(tag, context.tag_format)
    commit = context.repository.commit(f"refs/tags/{tag}")
    chart = context.packager.chart_name(commit)
    reference = context.registry.reference(chart, str(version))
    answer = ask(context.registry, chart, version)
    if not isinstance(answer, Present):
        raise PreconditionError(
            "NOT_PUBLISHED",
            f"the registry does not hold {chart} {version}",
            where=reference,
            hint="the next run of stage6 rebuilds the latest release from its tag",
        )
    rebuilt = context.packager.package(commit, version)
    sameness = Sameness.EQUAL
    files: tuple[str, ...] = ()
    if rebuilt.digest != answer.digest:
        ours, theirs = _files(Path(rebuilt.path).read_bytes()), _files(context.registry.read(chart, str(version)))
        files = _differences(ours, theirs)
        sameness = Sameness.DIFFERENT if files else Sameness.REPACKED
    return Verification(
        release=Release(version, tag, commit),
        reference=reference,
        rebuilt=rebuilt.digest,
        published=answer.digest,
        sameness=sameness,
        files=files,
    )


def _version_of(tag: str, tag_format: str) -> Version:
    version = release_version(tag, tag_format)
    if version is None:
        raise ConfigurationError(
            "NO_RELEASE_TAG",
            f"{tag!r} is not a tag of the form {tag_format}",
            where=tag,
            hint="name a release tag: git tag --list",
        )
    return version


def failure_of(verification: Verification) -> VerificationError | None:
    """The error of a package whose files differ from those of its tag; None where they are the same."""
    if verification.sameness is not Sameness.DIFFERENT:
        return None
    return VerificationError(
        "CHART_DIFFERS",
        f"the {verification.release.version} in the registry differs from the one of {verification.release.tag}",
        where=verification.reference,
        hint="was it released from a fork, or replaced later? Do not deploy it before that is clear",
    )


def _differences(ours: dict[str, bytes], theirs: dict[str, bytes]) -> tuple[str, ...]:
    def mark(name: str) -> str:
        return "~" if name in ours and name in theirs else "-" if name in ours else "+"

    names = sorted(ours.keys() | theirs.keys())
    return tuple(f"{mark(name)}{name}" for name in names if ours.get(name) != theirs.get(name))


def _files(archive: bytes) -> dict[str, bytes]:
    """The digest of each file of an archive, which is untrusted."""
    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                total += member.size
                if total > _MAX_UNPACKED_BYTES:
                    raise _unreadable(f"it unpacks to more than {_MAX_UNPACKED_BYTES:,} bytes")
                content = tar.extractfile(member) if member.isfile() else None
                found[member.name] = hashlib.sha256(content.read()).digest() if content else b""
    except (tarfile.TarError, OSError, EOFError) as broken:
        raise _unreadable(str(broken)) from None
    return found


def _unreadable(why: str) -> CannotTellError:
    return CannotTellError(
        "ARCHIVE_UNREADABLE", f"the archive cannot be read: {why}", hint="pull it with helm, and inspect it"
    )
