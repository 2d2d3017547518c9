"""Step 3: the artifact in the registry, never over something else (DESIGN §5)."""

from pathlib import Path

from jetscale_cicd.errors import PublishError, SupersededError
from jetscale_cicd.model.release import Absent, Artifact, CannotTell, NotAsked, Present
from jetscale_cicd.tools.registry.interface import Registry


def publish(artifact: Artifact, registry: Registry) -> str:
    """Create the version in the registry and compare what it then holds with the artifact.

    Raises:
        SupersededError: ``VERSION_TAKEN``, another run was faster with other content.
        PublishError: ``PUSH_UNCONFIRMED``, the registry does not say what it holds.
    """
    reference = registry.reference(artifact.chart, str(artifact.version))
    match registry.create(artifact.chart, str(artifact.version), Path(artifact.path)):
        case Present(digest=digest) if digest == artifact.digest:
            return f"{reference} holds {digest}"
        case Present(digest=digest):
            raise SupersededError(
                "VERSION_TAKEN",
                f"{artifact.chart} {artifact.version} holds {digest}, this commit gives {artifact.digest}",
                where=reference,
                hint="another run was faster: run again, and the next free version is taken",
            )
        case CannotTell(why=why):
            raise PublishError(
                "PUSH_UNCONFIRMED",
                f"after the push, the registry did not say what it holds: {why}",
                where=reference,
                hint="run again",
            )
        case Absent() | NotAsked():
            raise PublishError(
                "PUSH_UNCONFIRMED",
                "the registry took the package and does not list it",
                where=reference,
                hint="run again",
            )


def check_rebuilt(artifact: Artifact, recorded: str | None) -> None:
    """Refuse to publish something else under a version that was released already.

    Raises:
        PublishError: ``REBUILD_DIFFERS``.
    """
    if recorded and recorded != artifact.digest:
        raise PublishError(
            "REBUILD_DIFFERS",
            f"{artifact.version} was released with {recorded}; here its tag gives {artifact.digest}",
            where=artifact.chart,
            hint="another helm, subchart or remote than at the release? Restore the package, or release a new version",
        )
