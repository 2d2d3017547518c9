"""A plan that was written to a file, read back as foreign data; the only reader here that pydantic serves.

It is read once in a run that acts, where its import time does not matter.
"""

from dataclasses import dataclass

from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.engine import EngineName


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedStep:
    """A step as it was planned."""

    name: str
    target: str | None
    state: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRequest:
    """What was asked when the plan was made."""

    since: str
    base: str | None
    targets: tuple[str, ...] = ()
    engine: EngineName | None = None
    registry: str | None = None
    release_hold: bool = False
    redeploy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedChanges:
    """The commit that the plan is for."""

    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """The part of a plan that has to hold still between planning and acting."""

    schema: int
    decision: str
    version: str | None
    changes: SavedChanges
    request: SavedRequest
    steps: tuple[SavedStep, ...]


def read_saved_plan(content: bytes, where: str) -> SavedPlan:
    """Read the file that ``plan --out`` wrote.

    Raises:
        ConfigurationError: ``PLAN_FILE``, it is no such file, or of another schema.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        plan = TypeAdapter(SavedPlan).validate_json(content)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            "PLAN_FILE",
            f"this is no saved plan: {place + ': ' if place else ''}{first['msg']}",
            where=where,
            hint="make one with plan --out FILE",
        ) from None
    if plan.schema != 1:
        raise ConfigurationError(
            "PLAN_FILE", f"the plan has schema {plan.schema}, this release reads 1", where=where, hint="plan again"
        )
    return plan
