"""The story of Stage 6: observe → plan → act → report. Each word is a room; the doors are the imports.

Rooms that deciding does not need have a door inside the function that enters them: deciding starts without them.
"""

from dataclasses import replace
from functools import partial

from jetscale_cicd.context import World, the_target
from jetscale_cicd.decide.hold import held_back
from jetscale_cicd.decide.plan import make_plan
from jetscale_cicd.errors import Stage6Error, SupersededError
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.outcome import Run
from jetscale_cicd.model.plan import Decision, Plan, Reason, TargetDecision
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.simulation import Simulation
from jetscale_cicd.model.status import Status, TargetStatus
from jetscale_cicd.model.verification import Verification
from jetscale_cicd.observe.live import observe_live
from jetscale_cicd.planning.decision import observe
from jetscale_cicd.planning.release import find_wanted

_AGAIN = 3
# Somebody is at work on the release, and was waited for already: planning again would only wait as long once more.
_LOCKED = ("LOCKED", "LOCK_LOST", "RELEASE_BUSY")


def plan(world: World) -> Plan:
    """What a run would do: observed, decided, each step satisfied or needed. Nothing is changed."""
    planned, trouble = _plan(world)
    if trouble:
        raise trouble
    if not world.request.compares_only:
        from jetscale_cicd.planning.values import values_of_targets

        values_of_targets(planned, world.repository)  # a plan that could only fail is none
    return planned


def _plan(world: World) -> tuple[Plan, Stage6Error | None]:
    """The plan, and why it must not be acted on."""
    world.start_kubernetes()
    look = partial(observe_live, world)
    observed = observe(world.repository, world.settings, world.request, world.tag_format, look)
    wanted = find_wanted(world, observed)
    planned = make_plan(
        head=observed.head,
        latest=observed.releases.latest,
        changes=observed.changes,
        targets=observed.targets,
        choice=wanted.choice,
        deploy=wanted.release,
        shelf=wanted.shelf,
        notes=(*observed.notes, *wanted.notes),
    )
    return planned, wanted.trouble or held_back(planned, world.request) or _missing_namespace(world, planned)


def _missing_namespace(world: World, planned: Plan) -> Stage6Error | None:
    if world.request.compares_only or planned.decision is Decision.NOTHING:
        return None
    from jetscale_cicd.observe.cluster.namespace import missing_namespace

    return missing_namespace(world, planned)


def run(world: World, planned: Plan) -> Run:
    """Do what is needed, in order, and stop at the first failure; the next run goes on from what it finds."""
    from jetscale_cicd.act.steps import perform

    return Run(plan=planned, outcomes=perform(planned, world))


def reconcile(world: World, planned: Plan) -> Run:
    """Run; where another run was faster, observe and plan again, a few times."""
    done = run(world, planned)
    for _ in range(_AGAIN):
        if not isinstance(done.error, SupersededError) or done.error.code in _LOCKED:
            break
        world.announce(f"! {done.error.message}: observing and planning again")
        overtaken = replace(done, earlier=())
        done = replace(run(world, plan(world)), earlier=(*done.earlier, overtaken))
    return done


def notes(world: World, planned: Plan) -> str:
    """Release notes of the version that a plan is about, as Markdown; "" where there is none."""
    from jetscale_cicd.planning.notes import notes_of

    return notes_of(planned, world.repository, world.web)


def simulate(world: World) -> Simulation:
    """What the change would do, and which manifests would differ; no network, no credentials."""
    from jetscale_cicd.act.preview import preview

    planned = plan(world)
    return Simulation(plan=planned, diffs=preview(planned, world))


def explain(world: World, paths: tuple[bytes, ...]) -> tuple[Reason, ...]:
    """Which scope each path belongs to, and why, whether it changed or not."""
    from jetscale_cicd.planning.explain import explain_paths

    commit = world.repository.commit(world.request.head or "HEAD")
    return explain_paths(world.repository, world.settings, commit, paths)


def verify_chart(world: World, tag: str) -> Verification:
    """The chart of a release, rebuilt from its tag and compared with what the registry holds."""
    from jetscale_cicd.act.release import verify_chart as room

    return room.verify_chart(world, tag)


def rollback(world: World, to: int | None) -> Rollback:
    """An earlier revision of the one target that was asked for, brought back and held.

    Args:
        to: the revision; None is the newest good one before what is deployed.
    """
    from jetscale_cicd.act.deploy.rollback import roll_back

    return roll_back(world, the_target(world), to)


def status(world: World) -> Status:
    """What is released, published and live, and what the next run would do."""
    planned, trouble = _plan(world)
    targets = tuple(_see(world, decided) for decided in planned.targets)
    if planned.latest is None:
        return Status(plan=planned, targets=targets, trouble=trouble)
    name, version = world.packager.chart_name(planned.latest.commit), str(planned.latest.version)
    reference, answer = world.registry.reference(name, version), world.registry.lookup(name, version)
    return Status(plan=planned, reference=reference, published=answer, targets=targets, trouble=trouble)


def _see(world: World, decided: TargetDecision) -> TargetStatus:
    target = decided.target
    api = world.kubernetes(target) if target.engine == "helm" else None
    if api is None or isinstance(api, NotObserved):
        return TargetStatus(target=target, live=decided.live)
    from jetscale_cicd.observe.cluster.target_status import see_target

    return see_target(api, target, decided.live)
