"""What a change would do: its plan, and the objects that would differ."""

from enum import StrEnum

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.record import frozen


class ChangeKind(StrEnum):
    """What would become of an object."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class OnlyDiffers(StrEnum):
    """Why a difference of an object is none of the change."""

    CHART_LABELS = "chart labels"  # labels that hold the chart's version, and checksums of such
    EVERY_RENDER = "every render"  # random values, certificates, the time


@frozen(kw_only=True)
class ObjectChange:
    """One object that would differ.

    Args:
        namespace: "" where the manifest names none.
        hook: when Helm runs it as a hook, such as ``pre-upgrade``; "" where it is an object of the release.
        hunks: the lines of a unified diff, with secrets masked; () where ``only`` is given.
        only: why the difference is none of the change; None where it is one.
    """

    kind: str
    name: str
    namespace: str
    change: ChangeKind
    hook: str = ""
    hunks: tuple[str, ...] = ()
    only: OnlyDiffers | None = None

    @property
    def title(self) -> str:
        """Kind, name, namespace, and when it is run as a hook."""
        namespace = f" ({self.namespace})" if self.namespace else ""
        return f"{self.kind}/{self.name}{namespace}" + (f" (hook {self.hook})" if self.hook else "")

    @property
    def diff(self) -> tuple[str, ...]:
        """The lines of a unified diff with the two names."""
        before = "/dev/null" if self.change is ChangeKind.ADDED else f"a/{self.title}"
        after = "/dev/null" if self.change is ChangeKind.REMOVED else f"b/{self.title}"
        return (f"--- {before}", f"+++ {after}", *self.hunks)


@frozen(kw_only=True)
class ImageChange:
    """An image of a container that would be another.

    Args:
        subject: kind and name of the object.
        container: its name.
        before, after: the images; None where there is no such container.
    """

    subject: str
    container: str
    before: str | None
    after: str | None


@frozen(kw_only=True)
class ManifestDiff:
    """How the manifests of a target would differ.

    Args:
        target: name of the target.
        changes: every object that would differ.
        images: every image that would be another.
        note: why the manifests could not be rendered or compared; "" where they were.
        error: the error with which a run of this change would fail, or because of which that is not known; None where
            a run would not fail.
    """

    target: str
    changes: tuple[ObjectChange, ...] = ()
    images: tuple[ImageChange, ...] = ()
    note: str = ""
    error: Stage6Error | None = None

    @property
    def real(self) -> tuple[ObjectChange, ...]:
        """The objects that differ because of the change."""
        return tuple(each for each in self.changes if each.only is None)

    @property
    def objects(self) -> int:
        """Their number."""
        return len(self.real)

    @property
    def text(self) -> str:
        """A unified diff of each of them."""
        return "\n".join(line for each in self.real for line in each.diff)

    def count(self, change: ChangeKind) -> int:
        """How many of them would be added, changed or removed."""
        return sum(each.change is change for each in self.real)


@frozen(kw_only=True)
class Simulation:
    """A plan, and the manifests that would differ."""

    plan: Plan
    diffs: tuple[ManifestDiff, ...]

    @property
    def error(self) -> Stage6Error | None:
        """The first error with which a run of the change would fail, or because of which that is not known."""
        errors = (self.plan.blocker, *(diff.error for diff in self.diffs))
        return next((error for error in errors if error), None)
