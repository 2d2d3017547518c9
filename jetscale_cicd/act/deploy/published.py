"""The published package: a deploy takes it as the registry holds it, as one file whose digest was compared."""

from pathlib import Path

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.engines.engine import Package
from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Present
from jetscale_cicd.planning.lookup import ask
from jetscale_cicd.planning.published import Published, check_published, fetch_published


def published_package(acting: ActContext) -> Package:
    """The package to install: the archive that this run built, where the registry holds that, else the registry's.

    It is asked again what it holds: a package that was replaced since the plan was made is not deployed.

    Raises:
        PublishError: ``REGISTRY_LACKS``; ``PUBLISHED_DIFFERS``, it is not the package of the release, or not any more;
            or the package cannot be read.
    """
    chart, answer = _published(acting)
    built = acting.built_artifact
    if built and built.digest == answer.digest:
        return Package(Path(built.path), built.digest)
    return Package(fetch_published(acting.context, acting.release, chart, answer), answer.digest)


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
    published = Published(release=acting.release, chart=chart, answer=answer, targets=acting.plan.targets)
    check_published(acting.context, published)
    return chart, answer
