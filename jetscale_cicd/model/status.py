"""Where a repository stands: what is released, what is published, what the next run would do."""

from dataclasses import dataclass

from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.release import RegistryAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """At a glance; ``published`` is the registry's answer for the latest release, None where there is none."""

    plan: Plan
    reference: str = ""
    published: RegistryAnswer | None = None
