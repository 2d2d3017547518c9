"""The story of Stage 6: observe → plan → act → verify → report."""

from jetscale_cicd.act.steps import perform
from jetscale_cicd.decide.classify import UNCHANGED, ChartRules, chart_reasons, strongest, values_reasons
from jetscale_cicd.decide.helmignore import HelmIgnore
from jetscale_cicd.decide.plan import Shelf, make_plan
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.change import Change
from jetscale_cicd.model.outcome import Run
from jetscale_cicd.model.plan import Decision, Plan, Reason, VersionChoice
from jetscale_cicd.model.release import CannotTell, Release
from jetscale_cicd.model.simulation import Simulation
from jetscale_cicd.observe.chart import chart_name
from jetscale_cicd.observe.content import read_files
from jetscale_cicd.observe.decision import Observed, observe
from jetscale_cicd.observe.versioning import choose, not_asked, settle
from jetscale_cicd.world import World

_NO_RELEASE = ("there is no release yet: a run with --since auto publishes the first one",)


def plan(world: World) -> Plan:
    """Observe and decide: what a run would do. Nothing is changed."""
    observed = observe(world.repository, world.settings, world.request, world.tag_format)
    if strongest(observed.targets) is Decision.PUBLISH:
        return _plan_of_new_version(world, observed)
    return _plan_of_latest(world, observed)


def run(world: World, planned: Plan) -> Run:
    """Act on a plan: do what is needed, in order, and stop at the first failure."""
    return Run(plan=planned, outcomes=perform(planned, world))


def simulate(world: World) -> Simulation:
    """What the change would do, with the manifests that would differ; no network, no credentials."""
    from jetscale_cicd.act.preview import preview

    planned = plan(world)
    return Simulation(plan=planned, diffs=preview(planned, world))


def explain(world: World, paths: tuple[bytes, ...]) -> tuple[Reason, ...]:
    """Which scope each path belongs to, and why, whether it changed or not."""
    chart, targets = world.settings.chart, world.settings.targets
    head = world.repository.commit(world.request.head or "HEAD")
    ignore = read_files(world.repository, head, (f"{chart.path}/.helmignore",))[0] or b""
    rules = ChartRules(
        path=chart.path,
        watch=chart.watched,
        ignored=(HelmIgnore.parse(ignore.decode("utf-8", "surrogateescape"), f"{chart.path}/.helmignore"),),
    )
    reasons: list[Reason] = []
    for path in paths:
        change = [Change(UNCHANGED, path, "", "", "", "")]
        found = (
            *chart_reasons(change, rules),
            *(reason for target in targets for reason in values_reasons(change, target)),
        )
        nobody = Reason(
            scope="none", why="no scope watches it: a change of it alone is nothing", counts=False, path=path
        )
        reasons += found or (nobody,)
    return tuple(reasons)


def _plan_of_new_version(world: World, observed: Observed) -> Plan:
    chart = world.settings.chart
    compares_only = world.request.since != "auto"
    name, notes = _name(world, observed.head, tolerant=compares_only)
    choice = choose(world.repository, chart, world.rules, observed.releases, observed.head)
    if compares_only:
        settled = not_asked(choice)
    else:
        settled = settle(
            choice, name, observed.head, observed.releases, registry=world.registry, packages=world.packager
        )
    version = settled.choice.version
    deploy = Release(version, world.tag_format.replace("{version}", str(version)), observed.head)
    shelf = Shelf(
        chart=name,
        path=chart.path,
        reference=world.registry.reference(name, str(version)),
        answer=settled.answer,
        proven=settled.proven,
    )
    return _plan(observed, settled.choice, deploy, shelf, notes)


def _plan_of_latest(world: World, observed: Observed) -> Plan:
    latest = observed.releases.latest
    if latest is None:
        return _plan(observed, None, None, None, _NO_RELEASE)
    path = world.settings.chart.path
    name, notes = _name(world, latest.commit, tolerant=world.request.since != "auto")
    asked = world.request.since == "auto"
    version = str(latest.version)
    answer = world.registry.lookup(name, version) if asked else CannotTell("only commits are compared")
    shelf = Shelf(chart=name, path=path, reference=world.registry.reference(name, version), answer=answer, tagged=True)
    return _plan(observed, None, latest, shelf, notes)


def _plan(
    observed: Observed,
    choice: VersionChoice | None,
    deploy: Release | None,
    shelf: Shelf | None,
    notes: tuple[str, ...],
) -> Plan:
    return make_plan(
        head=observed.head,
        latest=observed.releases.latest,
        changes=observed.changes,
        targets=observed.targets,
        choice=choice,
        deploy=deploy,
        shelf=shelf,
        notes=(*observed.notes, *notes),
    )


def _name(world: World, commit: str, *, tolerant: bool) -> tuple[str, tuple[str, ...]]:
    """Name of the chart; a replay of old commits goes on without one, and says so."""
    path = world.settings.chart.path
    try:
        return chart_name(world.repository, commit, path), ()
    except ConfigurationError as unusable:
        if not tolerant:
            raise
        return path.rpartition("/")[2], (f"a run would stop here: {unusable.message} ({unusable.where})",)
