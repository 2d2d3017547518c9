"""The objects that a change would alter: rendered at base and head, and compared one by one."""

import time
from functools import partial
from pathlib import Path

from jetscale_cicd.build.clock import mentions_time
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.manifest_diff import (
    Unstable,
    compare_images,
    compare_manifests,
    compare_renders,
)
from jetscale_cicd.decide.cluster.manifest_text import mask
from jetscale_cicd.decide.cluster.manifests import Manifest, check_rendered_once, parse_manifests, secrets_in
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.model.simulation import ManifestDiff, ObjectChange
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.values import check_values, read_values
from jetscale_cicd.planning.local_subcharts import local_mirrors
from jetscale_cicd.planning.target_manifests import render_target

_UNRELEASED = Version(0, 0, 0)


def preview(plan: Plan, context: RunContext) -> tuple[ManifestDiff, ...]:
    """A diff for every target that the change affects; where helm cannot render, the reason in its place."""
    diffs = (
        _diff(plan, decided.target, context)
        if decided.decision is not Decision.NOTHING
        else _refusal(plan, decided.target, context)
        for decided in plan.targets
    )
    return tuple(diff for diff in diffs if diff)


def _refusal(plan: Plan, target: Target, context: RunContext) -> ManifestDiff | None:
    """The error of a run for a target that the change does not affect: the configuration may have changed."""
    try:
        context.packager.chart_name(plan.head)
        check_values(read_values(context.repository, plan.head, target), target)
    except Stage6Error as refused:
        return ManifestDiff(target=target.name, note=f"a run would stop here: {_as_text(refused)}", error=refused)
    return None


def _diff(plan: Plan, target: Target, context: RunContext) -> ManifestDiff:
    after = plan.deploy.version if plan.deploy else _UNRELEASED
    new = _Render(context, target, plan.head, after)
    try:
        context.packager.chart_name(plan.head)
        check_values(read_values(context.repository, plan.head, target), target)
    except Stage6Error as refused:
        return _not_rendered(target, refused, refused)
    try:
        archive = new.archive()
    except PreconditionError as missing:
        return _not_rendered(target, missing, _unknown(target, missing, context))
    except Stage6Error as refused:
        return _not_rendered(target, refused, refused)
    try:
        objects, notes = new.objects(archive)
        check_rendered_once(objects, target.name, target.namespace)
    except CannotTellError as unknown:  # it depends on a cluster, which no simulation asks
        return _not_rendered(target, unknown)
    except PreconditionError as missing:
        return _not_rendered(target, missing, _unknown(target, missing, context))
    except Stage6Error as refused:
        return _not_rendered(target, refused, refused)
    base = plan.changes.comparison.base
    before = plan.latest.version if plan.latest else after
    old = _Render(context, target, base, before) if base else None
    earlier, missing_base = _of_the_base(old)
    changes = _changes(old, new, earlier, objects)
    note = "; ".join([*notes, *missing_base])
    return ManifestDiff(target=target.name, changes=changes, images=compare_images(earlier, objects), note=note)


def _of_the_base(old: "_Render | None") -> tuple[tuple[Manifest, ...], tuple[str, ...]]:
    """What the base would deploy, or a note why it is not known."""
    try:
        return (old.objects(old.archive())[0] if old else ()), ()
    except Stage6Error as kept:
        why = f"what the base would deploy could not be rendered, so every object is shown as new: {_as_text(kept)}"
        return (), (why,)


def _changes(
    old: "_Render | None", new: "_Render", earlier: tuple[Manifest, ...], objects: tuple[Manifest, ...]
) -> tuple[ObjectChange, ...]:
    """The objects that differ; where any does, head is rendered again, for what differs in every render."""
    context = new.context
    # A value that is secret in one object is masked in all of them.
    context.redact.learn(secrets_in((*earlier, *objects), context.redact.is_secret_name))
    versions = (str(old.version if old else new.version), str(new.version))
    hide = partial(context.redact.masked, mask=lambda hidden: mask(hidden, context.mask))
    changes = compare_manifests(earlier, objects, context.mask, versions, hide=hide)
    if all(each.only for each in changes):
        return changes
    archive = new.archive()
    if mentions_time(archive.read_bytes()):
        time.sleep(1)  # what differs by the second does so in the next render
    again, _ = new.objects(archive)
    context.redact.learn(secrets_in(again, context.redact.is_secret_name))
    unstable = compare_renders(objects, again)
    if unstable.names and old and earlier:  # so may the names of what was there before
        unstable = _with_names(unstable, compare_renders(earlier, old.objects(old.archive())[0]))
    return compare_manifests(earlier, objects, context.mask, versions, unstable, hide=hide)


def _with_names(one: Unstable, other: Unstable) -> Unstable:
    return Unstable(one.paths, one.names | other.names)


def _not_rendered(target: Target, why: Stage6Error, error: Stage6Error | None = None) -> ManifestDiff:
    return ManifestDiff(target=target.name, note=f"the manifests could not be rendered: {_as_text(why)}", error=error)


def _unknown(target: Target, missing: PreconditionError, context: RunContext) -> CannotTellError:
    """What this machine lacks is no error of the change, and no proof that there is none."""
    online = "" if context.request.network else "let it use the network and the registry's login: --online; or "
    return CannotTellError(
        "NOT_RENDERED",
        f"the manifests of {target.name} could not be rendered here: {missing.code}: {missing.message}",
        where=missing.where or f"target {target.name}",
        hint=f"{online}{missing.hint}",
    )


def _as_text(kept: Stage6Error) -> str:
    where, hint = f" ({kept.where})" if kept.where else "", f"; {kept.hint}" if kept.hint else ""
    return f"{kept.code}: {kept.message}{where}{hint}"


@frozen
class _Render:
    """A commit of which a target's objects are rendered, and the version that the chart is packaged as."""

    context: RunContext
    target: Target
    commit: str
    version: Version

    def archive(self) -> Path:
        """The package; it is made once."""
        mirrors = local_mirrors(self.context, self.commit)
        return Path(replace(self.context.packager, mirrors=mirrors).package(self.commit, self.version).path)

    def objects(self, archive: Path) -> tuple[tuple[Manifest, ...], tuple[str, ...]]:
        """Render: the objects, and what they were rendered on the assumption of."""
        rendered = render_target(self.context, self.target, archive, self.commit, preview=True)
        return parse_manifests(rendered.manifests, f"{self.target.name} at {self.commit[:12]}"), rendered.notes
