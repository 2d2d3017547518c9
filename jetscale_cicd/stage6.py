"""Stage 6, one function per command: observe → decide → act → report.

Modules that a decision does not need are imported by the functions that use them, so that a decision starts fast.
"""

from typing import TYPE_CHECKING

from jetscale_cicd.config.required import check_required, unset_keys
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.forward import check_released, held_back
from jetscale_cicd.decide.order import wait_for_needed
from jetscale_cicd.decide.plan import make_plan
from jetscale_cicd.decide.refusal import run_refusal, without_refused
from jetscale_cicd.engines.table import PlannedByEngines, engine_of
from jetscale_cicd.errors import ConfigurationError, PreconditionError, Stage6Error, SupersededError
from jetscale_cicd.model.plan import Plan, Reason, TargetDecision
from jetscale_cicd.model.precondition import PreconditionState
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.overtaken import any_released_since
from jetscale_cicd.planning.authority import idle_plan, refused_event
from jetscale_cicd.planning.decision import Observed, observe
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.planning.release import DesiredRelease, find_desired_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jetscale_cicd.model.outcome import Run
    from jetscale_cicd.model.parity import Parity
    from jetscale_cicd.model.preflight import Preflight
    from jetscale_cicd.model.rollback import Rollback
    from jetscale_cicd.model.simulation import Simulation
    from jetscale_cicd.model.status import Status, TargetStatus
    from jetscale_cicd.model.verification import Adoption, Verification

_ATTEMPTS = 3


def plan(context: RunContext) -> Plan:
    """The plan of a run: observe, decide, and find which steps are needed. Nothing is changed.

    The preconditions are checked, too; ``Plan.blocker`` is the error because of which no run could act on the plan.
    """
    if (why := context.request.event.unsuccessful) and not context.request.compares_only:
        return idle_plan(context, why)
    proposal = _propose(context)
    if proposal.plan.deploy is None and not proposal.observed.lacking:
        return proposal.plan
    from jetscale_cicd.preconditions.table import check_comparison, check_preconditions

    check = check_comparison if context.request.compares_only else check_preconditions
    return replace(proposal.plan, preconditions=check(context, proposal))


def preflight(context: RunContext, wait: float = 0) -> "Preflight":
    """Whether a run of this commit could deploy to its targets now: every precondition, checked. Nothing is changed.

    Args:
        wait: seconds to wait for what may mend itself.
    """
    from jetscale_cicd.preconditions.waiting import check_and_wait

    return check_and_wait(context, _propose(context), wait)


def is_released(context: RunContext, planned: Plan) -> bool:
    """Whether the latest release is of the commit of a plan: made of it, or of a release commit on top of it."""
    latest = planned.latest
    return latest is not None and planned.head in (latest.commit, context.repository.find(f"{latest.commit}^")[0])


def _propose(context: RunContext) -> Proposal:
    """Observe, decide, and plan the steps."""
    if context.request.acts and (refused := refused_event(context)):
        raise refused
    asks = not (context.request.compares_only or context.request.for_notes)
    if asks and not (context.request.acts and unset_keys(context.settings)):  # such a run is refused
        for target in (*context.settings.targets, *context.needed):
            engine_of(target).prepare(context, target)
    observed, desired = _observe(context)
    if desired.release and not context.request.allow_older:
        for decided in observed.targets:
            check_released(decided, desired.release)
    planned = make_plan(
        head=observed.head,
        latest=observed.releases.latest,
        changes=observed.changes,
        targets=_decided(context, observed, desired),
        choice=desired.choice,
        deploy=desired.release,
        artifact=desired.artifact,
        engines=PlannedByEngines(),
        half=context.request.half,
        notes=(*context.settings.notes, *observed.notes, *desired.notes),
    )
    return Proposal(replace(planned, clusters=tuple(observed.releases.clusters)), observed, desired)


def _decided(context: RunContext, observed: Observed, desired: DesiredRelease) -> tuple[TargetDecision, ...]:
    """The decisions, once the version is known: not backwards, and after the targets that are needed."""
    new = desired.release if desired.choice else None
    targets, needed = (
        tuple(held_back(each, new.version, new.commit) if new else each for each in group)
        for group in (observed.targets, observed.needed)
    )
    return targets if context.request.compares_only else wait_for_needed(targets, needed)


def _observe(context: RunContext) -> tuple[Observed, DesiredRelease]:
    """Observe the commit and find its release, again where another run published in between.

    A version that was reserved after the remote was asked, and pushed before the registry was, must not make an older
    commit take the next higher one. A version is a reason to observe again once: a ref that does not count as a release
    stays where it is.
    """
    known: set[Version] = set()
    while True:
        observed = observe(context)
        desired = find_desired_release(context, observed)
        new = set(desired.passed) - known
        if not any_released_since(context.repository, context.tag_format, new):
            return observed, desired
        known |= new


def run(context: RunContext, planned: Plan) -> "Run":
    """Do what is needed, in order, without what depends on a failed step; the next run goes on from what it finds.

    Raises:
        Stage6Error: a precondition does not hold; nothing was changed.
    """
    if context.request.compares_only:
        raise PreconditionError(
            "NOT_OBSERVED",
            "the plan compares commits alone: neither the registry nor the targets were observed for it",
            hint="plan without a revision to compare with: since='auto'",
        )
    from jetscale_cicd.act.steps import perform
    from jetscale_cicd.model.outcome import Run
    from jetscale_cicd.preconditions.table import check_process

    of_the_plan = (each for each in planned.preconditions if not each.of_this_process)
    # The process may have changed since it planned, and a plan need not have been made by this one.
    preconditions = (*of_the_plan, *check_process(context, planned))
    if unmet := run_refusal(planned, preconditions):
        raise unmet
    for each in preconditions:
        if each.error:
            left_out = "" if each.state is PreconditionState.WARNING else f"{each.target} is left out: "
            context.announce(f"! {left_out}{each.error.code}: {each.error.message}; next: {each.error.hint}")

    return Run(plan=planned, outcomes=perform(without_refused(planned, preconditions), context))


def reconcile(context: RunContext, planned: Plan) -> "Run":
    """Run; where another run was faster, observe and plan again, a few times."""
    done = run(context, planned)
    for _ in range(_ATTEMPTS):
        if done.error is None or not all(map(_asks_for_a_new_plan, done.errors)):  # no other failure is forgotten
            break
        context.announce(f"! {done.error.message}: observing and planning again")
        overtaken = replace(done, earlier=())
        done = replace(run(context, plan(context)), earlier=(*done.earlier, overtaken))
    return done


def _asks_for_a_new_plan(error: Stage6Error) -> bool:
    return isinstance(error, SupersededError) and error.replan


def notes(context: RunContext, planned: Plan) -> str:
    """Release notes of the version of a plan, as Markdown; "" where there is none."""
    from jetscale_cicd.planning.notes import notes_of

    return notes_of(planned, context.repository, context.web)


def simulate(context: RunContext) -> "Simulation":
    """The plan for the change, and the manifests that would differ; no network, no credentials."""
    from jetscale_cicd.model.simulation import Simulation
    from jetscale_cicd.planning.preview import preview

    planned = plan(context)
    return Simulation(plan=planned, diffs=preview(planned, context))


def parity(context: RunContext, names: tuple[str, ...], *, fails: bool) -> "Parity":
    """How two targets differ at one commit, apart from what makes them two; no network, no credentials.

    Args:
        names: of the two; () for those of the configuration.
        fails: a difference that is not allowed is a failure, whatever the configuration says.
    """
    from jetscale_cicd.planning.parity import compare_targets, two_targets

    return compare_targets(context, *two_targets(context.settings, names), fails=fails)


def explain(context: RunContext, paths: tuple[bytes, ...]) -> tuple[Reason, ...]:
    """The scopes of each path, and why, whether it changed or not."""
    from jetscale_cicd.planning.explain import explain_paths

    return explain_paths(context.repository, context.settings, context.head, paths)


def verify_chart(context: RunContext, tag: str) -> "Verification":
    """Rebuild the chart of a release from its tag, and compare it with the one in the registry."""
    from jetscale_cicd.act.release import verify_chart as step

    return step.verify_chart(context, tag)


def adopt(context: RunContext, tag: str) -> "Adoption":
    """Accept the published package of a release that Stage 6 did not make, in the configuration file."""
    from jetscale_cicd.act.release import adopt as step

    return step.adopt(context, tag)


def rollback(context: RunContext, to: int | None) -> "Rollback":
    """Bring back an earlier revision of the target of the request, and hold it.

    Args:
        to: the revision; None is the newest good one before what is deployed.
    """
    from jetscale_cicd.act.deploy.rollback import roll_back

    return roll_back(context, rollback_target(context), to)


def rollback_target(context: RunContext) -> Target:
    """The one target of the request.

    Raises:
        ConfigurationError: ``USAGE``, there are several; ``CONFIG_INCOMPLETE``, it is not written down where that is.
    """
    check_required(context.settings, context.request.config)
    targets = context.settings.targets
    if len(targets) != 1:
        names = ", ".join(target.name for target in targets)
        raise ConfigurationError(
            "USAGE", "the command needs exactly one target", where="--target", hint=f"targets are: {names}"
        )
    return targets[0]


def status(context: RunContext) -> "Status":
    """The status: what is released, published and live, and what the next run would do."""
    return _status(context, lambda each: engine_of(each.target).status(context, each.target, each.live))


def watch(context: RunContext) -> "Iterator[Status]":
    """The status, and again after each change, without end; of the commit that is head when it begins."""
    from jetscale_cicd.planning.watching import watch_status

    return watch_status(context, lambda see: _status(context, see))


def _status(context: RunContext, see: "Callable[[TargetDecision], TargetStatus]") -> "Status":
    from jetscale_cicd.model.status import Status

    planned = plan(context)
    targets = tuple(see(each) for each in planned.targets)
    if planned.latest is None:
        return Status(plan=planned, targets=targets)
    name, version = context.packager.chart_name(planned.latest.commit), str(planned.latest.version)
    reference, answer = context.registry.reference(name, version), context.registry.lookup(name, version)
    return Status(plan=planned, reference=reference, published=answer, targets=targets)
