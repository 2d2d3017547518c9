"""What the registry holds for a version, or an error: no answer is never taken for "absent"."""

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.release import CannotTell, RegistryAnswer
from jetscale_cicd.model.shown import shown
from jetscale_cicd.model.version import Version
from jetscale_cicd.tools.registry.interface import Registry


def ask(registry: Registry, name: str, version: Version) -> RegistryAnswer:
    """What the registry holds for a version.

    Raises:
        CannotTellError: ``REGISTRY_CANNOT_TELL``, the registry gave no answer, which is never "absent".
    """
    answer = registry.lookup(name, str(version))
    if isinstance(answer, CannotTell):
        raise CannotTellError(
            "REGISTRY_CANNOT_TELL",
            f"the registry does not report whether it holds {name} {version}: {answer.why}",
            where=shown(registry.reference(name, str(version))),
            hint=answer.hint or "check the registry, then run again",
        )
    return answer
