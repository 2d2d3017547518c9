"""Where a repository stands: what is released, what is published, what the next run would do."""

from dataclasses import dataclass

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.release import RegistryAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """At a glance.

    Args:
        plan: of the next run.
        reference: where the latest release is published.
        published: the registry's answer for it, None where there is no release.
        trouble: why the next run would refuse.
    """

    plan: Plan
    reference: str = ""
    published: RegistryAnswer | None = None
    trouble: Stage6Error | None = None
