"""The step publish: push the artifact, and never overwrite another one (docs/how-it-works.md)."""

from collections.abc import Callable
from pathlib import Path

from jetscale_cicd.errors import PublishError, SupersededError
from jetscale_cicd.model.release import Absent, Artifact, CannotTell, NotAsked, Present, Recorded
from jetscale_cicd.tools.registry.interface import Registry


def publish(artifact: Artifact, registry: Registry, is_same: Callable[[Present], bool]) -> str:
    """Create the version in the registry, and compare what it then holds with the artifact.

    Args:
        is_same: whether the registry's archive, which has another digest, has the same content.

    Raises:
        SupersededError: ``VERSION_TAKEN``, another run was faster with other content.
        PublishError: ``PUSH_UNCONFIRMED``, the registry does not confirm what it holds.
    """
    reference = registry.reference(artifact.chart, str(artifact.version))
    match registry.create(artifact.chart, str(artifact.version), Path(artifact.path)):
        case Present(digest=digest) as answer if digest == artifact.digest or is_same(answer):
            return f"{reference} holds {digest}"
        case Present(digest=digest):
            raise SupersededError(
                "VERSION_TAKEN",
                f"{artifact.chart} {artifact.version} holds {digest}, this commit gives {artifact.digest}",
                where=reference,
                hint="another run was faster: run again, which publishes the next free version",
            )
        case CannotTell(why=why):
            raise PublishError(
                "PUSH_UNCONFIRMED",
                f"after the push, the registry does not report what it holds: {why}",
                where=reference,
                hint="run again",
            )
        case Absent() | NotAsked():
            raise PublishError(
                "PUSH_UNCONFIRMED",
                "the registry accepted the package, and does not hold it",
                where=reference,
                hint="run again",
            )


def check_rebuilt(artifact: Artifact, recorded: Recorded | None) -> None:
    """Refuse to publish other content under a version that is released.

    Raises:
        PublishError: ``REBUILD_DIFFERS``.
    """
    if recorded and not recorded.is_of(artifact):
        was, now = (recorded.content, artifact.content) if recorded.content else (recorded.digest, artifact.digest)
        raise PublishError(
            "REBUILD_DIFFERS",
            f"{artifact.version} was released with {was}; rebuilt from its tag, it has {now}",
            where=artifact.chart,
            hint="do helm, subcharts or remote differ from the release? Restore the package, release a new version, "
            "or delete the tag, if nobody of you made it",
        )
