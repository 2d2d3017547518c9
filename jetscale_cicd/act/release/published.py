"""The package as the registry holds it: what is deployed is what was published."""

from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.act.context import Acting
from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Present
from jetscale_cicd.planning.version import ask
from jetscale_cicd.tools.registry.directory import digest_of


class Package(NamedTuple):
    """A package for helm: its reference with what goes along, and the digest of its archive."""

    chart: tuple[str, ...]
    digest: str


def published_package(acting: Acting) -> Package:
    """The package that helm is to install: the archive made here, else the registry's by digest, else its bytes.

    Raises:
        PublishError: ``REGISTRY_LACKS``, or it cannot be read.
    """
    chart, answer = _held(acting)
    if not _is_made_here(acting, answer) and (exact := acting.world.registry.exact(chart, answer)):
        return Package(exact, answer.digest)
    archive = published_archive(acting)
    return Package((str(archive),), digest_of(archive.read_bytes()))


def published_archive(acting: Acting) -> Path:
    """The archive, read from the registry unless the very same bytes are here.

    Raises:
        PublishError: as above.
    """
    archive = acting.world.scratch / f"published-{acting.release.version}.tgz"
    if not archive.exists():
        chart, answer = _held(acting)
        if _is_made_here(acting, answer) and acting.made:
            return Path(acting.made.path)
        archive.write_bytes(acting.world.registry.read(chart, str(acting.release.version)))
    return archive


def _is_made_here(acting: Acting, answer: Present) -> bool:
    return acting.made is not None and acting.made.digest == answer.digest


def _held(acting: Acting) -> tuple[str, Present]:
    chart, version = acting.world.packager.chart_name(acting.release.commit), acting.release.version
    answer = ask(acting.world.registry, chart, version)
    if not isinstance(answer, Present):
        raise PublishError(
            "REGISTRY_LACKS",
            f"the registry no longer holds {chart} {version}",
            where=acting.world.registry.reference(chart, str(version)),
            hint="run again: it is rebuilt from its tag",
        )
    return chart, answer
