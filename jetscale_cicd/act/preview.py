"""The manifests that a change would change: rendered at both ends, compared object by object."""

from pathlib import Path

from jetscale_cicd.act.context import Surroundings
from jetscale_cicd.build.schemas import check_schemas
from jetscale_cicd.decide.cluster.manifests import Manifest, diff_manifests, parse_manifests, secrets_in
from jetscale_cicd.engines.render.engine import render
from jetscale_cicd.errors import CannotTellError, Stage6Error
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.simulation import ManifestDiff
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.planning.values import read_values

_UNRELEASED = Version(0, 0, 0)
# What is missing on this machine, and would not be where the change is deployed.
_OF_THIS_MACHINE = {"DEPENDENCY_UNREACHABLE", "SCHEMA_REMOTE", "TOOL_MISSING", "HELM_UNKNOWN"}


def preview(plan: Plan, context: Surroundings) -> tuple[ManifestDiff, ...]:
    """A diff for every target that the change touches; where helm cannot render, the reason in its place."""
    looked = (
        _diff(plan, decided.target, context)
        if decided.decision is not Decision.NOTHING
        else _refusal(plan, decided.target, context)
        for decided in plan.targets
    )
    return tuple(diff for diff in looked if diff)


def _refusal(plan: Plan, target: Target, context: Surroundings) -> ManifestDiff | None:
    """What a run would refuse about a target that the change leaves alone: the configuration may have changed."""
    try:
        context.packager.chart_name(plan.head)
        read_values(context.repository, plan.head, target)
    except Stage6Error as refused:
        return ManifestDiff(target=target.name, note=f"a run would stop here: {_words(refused)}", error=refused)
    return None


def _diff(plan: Plan, target: Target, context: Surroundings) -> ManifestDiff:
    base = plan.changes.comparison.base
    after = plan.deploy.version if plan.deploy else _UNRELEASED
    before = plan.latest.version if plan.latest else after
    try:
        new = _manifests(plan.head, after, target, context)
    except Stage6Error as kept:
        note = f"the manifests could not be rendered: {_words(kept)}"
        here = isinstance(kept, CannotTellError) or kept.code in _OF_THIS_MACHINE
        return ManifestDiff(target=target.name, note=note, error=None if here else kept)
    old: tuple[Manifest, ...] = ()
    note = ""
    try:
        old = _manifests(base, before, target, context) if base else ()
    except Stage6Error as kept:
        note = f"what the base would deploy could not be rendered, so all is new here: {_words(kept)}"
    # What one object calls a secret is one wherever else it stands.
    context.redact.learn(secrets_in((*old, *new), context.redact.is_secret_name))
    text, objects = diff_manifests(old, new, context.mask)
    return ManifestDiff(target=target.name, text=text, objects=objects, note=note)


def _words(kept: Stage6Error) -> str:
    where, hint = f" ({kept.where})" if kept.where else "", f"; {kept.hint}" if kept.hint else ""
    return f"{kept.code}: {kept.message}{where}{hint}"


def _manifests(commit: str, version: Version, target: Target, context: Surroundings) -> tuple[Manifest, ...]:
    artifact = context.packager.package(commit, version)
    check_schemas(Path(artifact.path).read_bytes())
    files = read_values(context.repository, commit, target).write(
        context.scratch / f"values-{commit[:12]}-{target.name}"
    )
    return parse_manifests(render(context.helm, target, Path(artifact.path), files), f"{target.name} at {commit[:12]}")
