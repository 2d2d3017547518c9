"""The published package: a deploy takes it as the registry holds it."""

from pathlib import Path

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.engines.engine import Package
from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Present
from jetscale_cicd.planning.lookup import ask
from jetscale_cicd.planning.published import Published, check_published
from jetscale_cicd.planning.target_manifests import published_file
from jetscale_cicd.tools.registry.digest import digest_of


def published_package(acting: ActContext) -> Package:
    """The package to install: the archive that this run built, else a reference by digest, else the pulled archive.

    Raises:
        PublishError: ``REGISTRY_LACKS``; ``PUBLISHED_DIFFERS``, it is not the package of the release, or not any more;
            or the package cannot be read.
    """
    chart, answer = _published(acting)
    if not _is_built_here(acting, answer) and (pinned := acting.context.registry.pinned_chart_args(chart, answer)):
        return Package(pinned, answer.digest)
    archive = published_archive(acting)
    return Package((str(archive),), digest_of(archive.read_bytes()))


def published_archive(acting: ActContext) -> Path:
    """The archive, read from the registry unless this run built the same bytes.

    Raises:
        PublishError: as above.
    """
    chart, answer = _published(acting)
    if _is_built_here(acting, answer) and acting.built_artifact:
        return Path(acting.built_artifact.path)
    archive = published_file(acting.context, acting.release)
    digest = digest_of(archive.read_bytes())
    if digest != answer.digest:
        _check(acting, chart, Present(digest))
    return archive


def _is_built_here(acting: ActContext, answer: Present) -> bool:
    return acting.built_artifact is not None and acting.built_artifact.digest == answer.digest


def _published(acting: ActContext) -> tuple[str, Present]:
    chart, version = acting.context.packager.chart_name(acting.release.commit), acting.release.version
    answer = ask(acting.context.registry, chart, version)
    if not isinstance(answer, Present):
        raise PublishError(
            "REGISTRY_LACKS",
            f"the registry no longer holds {chart} {version}",
            where=acting.context.registry.reference(chart, str(version)),
            hint="run again: the next run rebuilds it from its tag",
        )
    _check(acting, chart, answer)
    return chart, answer


def _check(acting: ActContext, chart: str, answer: Present) -> None:
    """Check it again: it may have been replaced since the plan was made."""
    targets = acting.plan.targets
    check_published(acting.context, Published(release=acting.release, chart=chart, answer=answer, targets=targets))
