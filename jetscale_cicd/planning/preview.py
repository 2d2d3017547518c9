"""The manifests that a change would alter: rendered at base and head, and compared object by object."""

from pathlib import Path

from jetscale_cicd.build.schemas import check_schemas
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.manifests import Manifest, diff_manifests, parse_manifests, secrets_in
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.simulation import ManifestDiff
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.values import check_values, read_values

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
    base = plan.changes.comparison.base
    after = plan.deploy.version if plan.deploy else _UNRELEASED
    before = plan.latest.version if plan.latest else after
    try:
        context.packager.chart_name(plan.head)
        check_values(read_values(context.repository, plan.head, target), target)
    except Stage6Error as refused:
        return _not_rendered(target, refused, refused)
    notes: list[str] = []
    try:
        new = _manifests(plan.head, after, target, context, notes)
    except (CannotTellError, PreconditionError) as missing:  # perhaps only on this machine
        return _not_rendered(target, missing)
    except Stage6Error as refused:
        return _not_rendered(target, refused, refused)
    old: tuple[Manifest, ...] = ()
    try:
        old = _manifests(base, before, target, context, []) if base else ()
    except Stage6Error as kept:
        notes.append(
            f"what the base would deploy could not be rendered, so every object is shown as new: {_as_text(kept)}"
        )
    # A value that is secret in one object is masked in all of them.
    context.redact.learn(secrets_in((*old, *new), context.redact.is_secret_name))
    text, objects = diff_manifests(old, new, context.mask)
    return ManifestDiff(target=target.name, text=text, objects=objects, note="; ".join(notes))


def _not_rendered(target: Target, why: Stage6Error, error: Stage6Error | None = None) -> ManifestDiff:
    return ManifestDiff(target=target.name, note=f"the manifests could not be rendered: {_as_text(why)}", error=error)


def _as_text(kept: Stage6Error) -> str:
    where, hint = f" ({kept.where})" if kept.where else "", f"; {kept.hint}" if kept.hint else ""
    return f"{kept.code}: {kept.message}{where}{hint}"


def _manifests(
    commit: str, version: Version, target: Target, context: RunContext, notes: list[str]
) -> tuple[Manifest, ...]:
    artifact = context.packager.package(commit, version)
    check_schemas(Path(artifact.path).read_bytes())
    files = read_values(context.repository, commit, target).write(
        context.scratch / f"values-{commit[:12]}-{target.name}"
    )
    rendered = engine_of(target).render(context, target, Path(artifact.path), files, preview=True)
    notes += rendered.notes
    return parse_manifests(rendered.manifests, f"{target.name} at {commit[:12]}")
