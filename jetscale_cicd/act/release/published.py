"""The package as the registry holds it: what is deployed is what was published."""

from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Present
from jetscale_cicd.planning.version import ask
from jetscale_cicd.tools.registry.directory import digest_of


class Package(NamedTuple):
    """A package for helm: its reference with what goes along, and the digest of its archive."""

    chart: tuple[str, ...]
    digest: str


def published_package(acting: ActContext) -> Package:
    """The package that helm is to install: the archive made here, else the registry's by digest, else its bytes.

    Raises:
        PublishError: ``REGISTRY_LACKS``, or it cannot be read.
    """
    chart, answer = _held(acting)
    if not _is_made_here(acting, answer) and (pinned := acting.context.registry.pinned_chart_args(chart, answer)):
        return Package(pinned, answer.digest)
    archive = published_archive(acting)
    return Package((str(archive),), digest_of(archive.read_bytes()))


def published_archive(acting: ActContext) -> Path:
    """The archive, read from the registry unless the very same bytes are here.

    Raises:
        PublishError: as above.
    """
    archive = acting.context.scratch / f"published-{acting.release.version}.tgz"
    if not archive.exists():
        chart, answer = _held(acting)
        if _is_made_here(acting, answer) and acting.made:
            return Path(acting.made.path)
        archive.write_bytes(acting.context.registry.read(chart, str(acting.release.version)))
    return archive


def _is_made_here(acting: ActContext, answer: Present) -> bool:
    return acting.made is not None and acting.made.digest == answer.digest


def _held(acting: ActContext) -> tuple[str, Present]:
    chart, version = acting.context.packager.chart_name(acting.release.commit), acting.release.version
    answer = ask(acting.context.registry, chart, version)
    if not isinstance(answer, Present):
        raise PublishError(
            "REGISTRY_LACKS",
            f"the registry no longer holds {chart} {version}",
            where=acting.context.registry.reference(chart, str(version)),
            hint="run again: it is rebuilt from its tag",
        )
    return chart, answer
