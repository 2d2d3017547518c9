"""Whether the registry takes a push from this run, as a finding."""

from jetscale_cicd.errors import CannotTellError, PreconditionError, PublishError, Stage6Error
from jetscale_cicd.tools.registry.interface import Registry


def check_registry_push(registry: Registry, chart: str) -> tuple[Stage6Error, ...]:
    """Why the registry would take no package of a chart; () where it would.

    An upload is begun and cancelled (docs/adr/0028), so nothing stays there.
    """
    try:
        registry.check_push(chart)
    except CannotTellError as unknown:
        return (unknown,)
    except PublishError as refused:
        code = "REGISTRY_PUSH_DENIED"
        return (PreconditionError(code, refused.message, where=refused.where, hint=refused.hint),)
    return ()
