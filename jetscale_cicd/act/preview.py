"""The manifests that a change would change: rendered at both ends, compared object by object."""

from pathlib import Path

from jetscale_cicd.act.schemas import check_schemas
from jetscale_cicd.act.steps import Surroundings
from jetscale_cicd.decide.manifests import diff_manifests, parse_manifests
from jetscale_cicd.engines.render import render
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.simulation import ManifestDiff
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.values import read_values

_UNRELEASED = Version(0, 0, 0)


def preview(plan: Plan, world: Surroundings) -> tuple[ManifestDiff, ...]:
    """A diff for every target that the change touches; where helm cannot render, the reason in its place."""
    touched = [decided.target for decided in plan.targets if decided.decision is not Decision.NOTHING]
    return tuple(_diff(plan, target, world) for target in touched)


def _diff(plan: Plan, target: Target, world: Surroundings) -> ManifestDiff:
    base, before = plan.changes.comparison.base, plan.latest.version if plan.latest else _UNRELEASED
    after = plan.deploy.version if plan.deploy else before
    try:
        new = parse_manifests(_manifests(plan.head, after, target, world), f"{target.name} after")
        old = (
            parse_manifests(_manifests(base, before, target, world), f"{target.name} before")
            if base and plan.latest
            else ()
        )
        text, objects = diff_manifests(old, new, world.mask)
    except Stage6Error as kept:
        note = f"the manifests could not be rendered: {kept.message}" + (f" ({kept.where})" if kept.where else "")
        return ManifestDiff(target=target.name, note=note + (f"; {kept.hint}" if kept.hint else ""))
    return ManifestDiff(target=target.name, text=text, objects=objects)


def _manifests(commit: str, version: Version, target: Target, world: Surroundings) -> bytes:
    artifact = world.packager.package(commit, version)
    check_schemas(Path(artifact.path).read_bytes())
    files = read_values(world.repository, commit, target).write(world.scratch / f"values-{commit[:12]}-{target.name}")
    return render(world.helm, target, Path(artifact.path), files)
