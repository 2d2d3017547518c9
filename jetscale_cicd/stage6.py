"""The story of Stage 6: observe → plan → act → report. Each word is a room; the doors are the imports.

Rooms that deciding does not need have a door inside the function that enters them: deciding starts without them.
"""

from dataclasses import replace
from functools import partial

from jetscale_cicd.context import RunContext, the_only_target
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
from jetscale_cicd.planning.release import find_desired_release

_AGAIN = 3


def plan(context: RunContext) -> Plan:
    """What a run would do: observed, decided, each step satisfied or needed. Nothing is changed."""
    planned, blocker = _plan(context)
    if blocker:
        raise blocker
    if not context.request.compares_only:
        from jetscale_cicd.planning.values import values_of_targets

        values_of_targets(planned, context.repository)  # a plan that could only fail is none
    return planned


def _plan(context: RunContext) -> tuple[Plan, Stage6Error | None]:
    """The plan, and why it must not be acted on."""
    context.start_kubernetes()
    look = partial(observe_live, context)
    observed = observe(context.repository, context.settings, context.request, context.tag_format, look)
    desired = find_desired_release(context, observed)
    planned = make_plan(
        head=observed.head,
        latest=observed.releases.latest,
        changes=observed.changes,
        targets=observed.targets,
        choice=desired.choice,
        deploy=desired.release,
        artifact=desired.artifact,
        notes=(*observed.notes, *desired.notes),
    )
    return planned, desired.blocker or held_back(planned, context.request) or _missing_namespace(context, planned)


def _missing_namespace(context: RunContext, planned: Plan) -> Stage6Error | None:
    if context.request.compares_only or planned.decision is Decision.NOTHING:
        return None
    from jetscale_cicd.observe.cluster.namespace import missing_namespace

    return missing_namespace(context, planned)


def run(context: RunContext, planned: Plan) -> Run:
    """Do what is needed, in order, and stop at the first failure; the next run goes on from what it finds."""
    from jetscale_cicd.act.steps import perform

    return Run(plan=planned, outcomes=perform(planned, context))


def reconcile(context: RunContext, planned: Plan) -> Run:
    """Run; where another run was faster, observe and plan again, a few times."""
    done = run(context, planned)
    for _ in range(_AGAIN):
        if not isinstance(done.error, SupersededError) or not done.error.replan:
            break
        context.announce(f"! {done.error.message}: observing and planning again")
        overtaken = replace(done, earlier=())
        done = replace(run(context, plan(context)), earlier=(*done.earlier, overtaken))
    return done


def notes(context: RunContext, planned: Plan) -> str:
    """Release notes of the version that a plan is about, as Markdown; "" where there is none."""
    from jetscale_cicd.planning.notes import notes_of

    return notes_of(planned, context.repository, context.web)


def simulate(context: RunContext) -> Simulation:
    """What the change would do, and which manifests would differ; no network, no credentials."""
    from jetscale_cicd.act.preview import preview

    planned = plan(context)
    return Simulation(plan=planned, diffs=preview(planned, context))


def explain(context: RunContext, paths: tuple[bytes, ...]) -> tuple[Reason, ...]:
    """Which scope each path belongs to, and why, whether it changed or not."""
    from jetscale_cicd.planning.explain import explain_paths

    commit = context.repository.commit(context.request.head or "HEAD")
    return explain_paths(context.repository, context.settings, commit, paths)


def verify_chart(context: RunContext, tag: str) -> Verification:
    """The chart of a release, rebuilt from its tag and compared with what the registry holds."""
    from jetscale_cicd.act.release import verify_chart as room

    return room.verify_chart(context, tag)


def rollback(context: RunContext, to: int | None) -> Rollback:
    """An earlier revision of the one target that was asked for, brought back and held.

    Args:
        to: the revision; None is the newest good one before what is deployed.
    """
    from jetscale_cicd.act.deploy.rollback import roll_back

    return roll_back(context, the_only_target(context), to)


def status(context: RunContext) -> Status:
    """What is released, published and live, and what the next run would do."""
    planned, blocker = _plan(context)
    targets = tuple(_see(context, decided) for decided in planned.targets)
    if planned.latest is None:
        return Status(plan=planned, targets=targets, blocker=blocker)
    name, version = context.packager.chart_name(planned.latest.commit), str(planned.latest.version)
    reference, answer = context.registry.reference(name, version), context.registry.lookup(name, version)
    return Status(plan=planned, reference=reference, published=answer, targets=targets, blocker=blocker)


def _see(context: RunContext, decided: TargetDecision) -> TargetStatus:
    target = decided.target
    api = context.kubernetes(target) if target.engine == "helm" else None
    if api is None or isinstance(api, NotObserved):
        return TargetStatus(target=target, live=decided.live)
    from jetscale_cicd.observe.cluster.target_status import see_target

    return see_target(api, target, decided.live)
