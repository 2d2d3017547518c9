"""What a change would do: its plan, and the manifests that would differ."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.record import frozen


@frozen(kw_only=True)
class ManifestDiff:
    """How the manifests of a target would differ.

    Args:
        target: name of the target.
        text: a unified diff for each object, with secrets masked; empty where nothing differs.
        objects: number of objects that differ.
        note: why the manifests could not be rendered or compared; "" where they were.
        error: the error with which a run of this change would fail, None where it would not.
    """

    target: str
    text: str = ""
    objects: int = 0
    note: str = ""
    error: Stage6Error | None = None


@frozen(kw_only=True)
class Simulation:
    """A plan, and the manifests that would differ."""

    plan: Plan
    diffs: tuple[ManifestDiff, ...]

    @property
    def error(self) -> Stage6Error | None:
        """The first error with which a run of the change would fail."""
        return next((diff.error for diff in self.diffs if diff.error), None)
