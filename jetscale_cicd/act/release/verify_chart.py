"""Verify a published chart: rebuild it from its tag, and compare the archives, then the files."""

from typing import NamedTuple

from jetscale_cicd.act.release.provenance import find_provenance
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.release.claims import Expected
from jetscale_cicd.errors import ConfigurationError, PreconditionError, Stage6Error, VerificationError
from jetscale_cicd.model.release import Present, Release
from jetscale_cicd.model.shown import quoted
from jetscale_cicd.model.verification import Sameness, Verification
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.repository import release_version
from jetscale_cicd.observe.git.tag_message import recorded_package
from jetscale_cicd.planning.lookup import ask
from jetscale_cicd.planning.rebuilt import compare_with_rebuild


class PublishedRelease(NamedTuple):
    """A release tag of this repository, and what the registry holds under its version."""

    release: Release
    chart: str
    reference: str
    answer: Present


def published_release(context: RunContext, tag: str) -> PublishedRelease:
    """The release that a tag names.

    Raises:
        ConfigurationError: ``NO_RELEASE_TAG``, it is not a release tag.
        PreconditionError: ``NOT_PUBLISHED``.
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
    return PublishedRelease(Release(version, tag, commit), chart, reference, answer)


def verify_chart(context: RunContext, tag: str) -> Verification:
    """Rebuild the chart of a release tag and compare it with what the registry holds.

    Raises:
        Stage6Error: as ``published_release``; or the chart cannot be rebuilt.
    """
    release, chart, reference, answer = published_release(context, tag)
    try:
        rebuilt = compare_with_rebuild(context, release, chart, answer)
    except Stage6Error as unbuilt:
        if recorded_package(context.repository, tag) is None:
            unbuilt.details = (*unbuilt.details, f"{tag} was not made by Stage 6")
        raise
    same = Sameness.EQUAL if rebuilt.artifact.digest == answer.digest else Sameness.REPACKED
    return Verification(
        release=release,
        reference=reference,
        rebuilt=rebuilt.artifact.digest,
        published=answer.digest,
        sameness=Sameness.DIFFERENT if rebuilt.files else same,
        files=rebuilt.files,
        managed=rebuilt.recorded is not None,
        adopted=context.settings.chart.adopted.get(tag, ""),
        provenance=find_provenance(context, Expected(release, chart, answer.digest, answer.manifest)),
    )


def _version_of(tag: str, tag_format: str) -> Version:
    version = release_version(tag, tag_format)
    if version is None:
        raise ConfigurationError(
            "NO_RELEASE_TAG",
            f"{quoted(tag)} is not a tag of the form {tag_format}",
            where=tag,
            hint="name a release tag: git tag --list",
        )
    return version


def failure_of(verification: Verification) -> VerificationError | None:
    """The error of a package that is not what its tag, or the configuration, says; None of any other.

    The tag of a release that no run made promises nothing about the package: what differs is shown, and is no error.
    """
    tag, accepted = verification.release.tag, verification.adopted
    if not verification.managed:
        if accepted in ("", verification.published):
            return None
        message = f"{tag} was adopted with {accepted}, and the registry holds {verification.published}"
    elif verification.sameness is Sameness.DIFFERENT:
        message = f"the {verification.release.version} in the registry differs from the one of {tag}"
    else:
        return None
    return VerificationError(
        "CHART_DIFFERS",
        message,
        where=verification.reference,
        hint="was it released from a fork, or replaced later? Do not deploy it before that is clear",
    )
