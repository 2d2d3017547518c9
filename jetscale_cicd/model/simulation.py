"""What a change would do, seen on one machine."""

from dataclasses import dataclass

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestDiff:
    """How a target's manifests would differ; ``note`` says why where they could not be rendered.

    Args:
        target: its name.
        text: unified diff per object, secrets masked; empty where nothing differs.
        objects: number of objects that differ.
        note: what kept the manifests from being rendered or compared, or "".
        error: why a run of this change would fail, where it would.
    """

    target: str
    text: str = ""
    objects: int = 0
    note: str = ""
    error: Stage6Error | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A plan, and the manifests that would change."""

    plan: Plan
    diffs: tuple[ManifestDiff, ...]

    @property
    def error(self) -> Stage6Error | None:
        """The first failure that the change would meet."""
        return next((diff.error for diff in self.diffs if diff.error), None)
