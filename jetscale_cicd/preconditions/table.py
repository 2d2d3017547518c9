"""The tables of preconditions, and the functions that check all of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeVar

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import (
    CannotTellError,
    ConfigurationError,
    DeployError,
    PreconditionError,
    PublishError,
    Stage6Error,
)
from jetscale_cicd.model.plan import Plan, TargetDecision
from jetscale_cicd.model.precondition import Precondition, PreconditionState, told_once
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.request import Request
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions import (
    audit,
    chart_needs,
    cluster,
    configuration,
    contract_secrets,
    crds,
    credential_life,
    elsewhere,
    engine,
    external_secrets,
    first_release,
    hold,
    ingress_hosts,
    namespace,
    needs,
    objects,
    observed,
    own_checks,
    ownership,
    pending,
    policy,
    published,
    pull_login,
    pull_secret,
    push_address,
    push_right,
    registry_right,
    release_branch,
    release_commit,
    release_remote,
    release_size,
    released,
    rights,
    secrets,
    signer,
    smoke_test,
    tag_format,
    tag_possible,
    tags,
    values,
    vault_values,
)
from jetscale_cicd.preconditions.check import Check, Given, RunCheck, SurveyCheck
from jetscale_cicd.preconditions.survey.found import NotChecked, Noted
from jetscale_cicd.preconditions.survey.rendered import rendered_targets, rendering_of
from jetscale_cicd.preconditions.survey.target import Rendering, TargetSurvey
from jetscale_cicd.preconditions.surveyed import SWITCHED_OFF, answered, in_context, is_off, softened, surveyed
from jetscale_cicd.tools.beside import Beside

AnyCheck = TypeVar("AnyCheck", Check[Proposal], Check[Plan], SurveyCheck)

# In the order of the report; the first unmet one gives a run its error code and exit status.
CHECKS: tuple[Check[Proposal], ...] = (
    configuration.CHECK,
    tags.CHECK,
    release_branch.CHECK,
    released.CHECK,
    release_commit.CHECK,
    push_address.CHECK,
    push_right.CHECK,
    registry_right.CHECK,
    release_remote.CHECK,
    first_release.CHECK,
    tag_format.CHECK,
    tag_possible.CHECK,
    published.CHECK,
    observed.CHECK,
    hold.CHECK,
    pending.CHECK,
    elsewhere.CHECK,
    namespace.CHECK,
    values.CHECK,
    objects.CHECK,
)
# Where only commits are compared.
COMPARISON_CHECKS: tuple[Check[Proposal], ...] = (tags.CHECK,)
# They concern the process that checks: another process may meet them, so a run checks them again.
PROCESS_CHECKS: tuple[Check[Plan], ...] = (
    needs.CHECK,
    secrets.CHECK,
    pull_login.CHECK,
    smoke_test.CHECK,
    engine.CHECK,
    audit.CHECK,
    signer.CHECK,
)
# Of each target and its cluster; side by side, and beside those above.
SURVEY_CHECKS: tuple[SurveyCheck, ...] = (
    cluster.CHECK,
    vault_values.CHECK,
    external_secrets.CHECK,
    pull_secret.CHECK,
    contract_secrets.CHECK,
    crds.CHECK,
    chart_needs.CHECK,
    ownership.CHECK,
    ingress_hosts.CHECK,
    rights.CHECK,
    credential_life.CHECK,
    policy.CHECK,
    release_size.CHECK,
    own_checks.CHECK,
)


def check_preconditions(
    context: RunContext, proposal: Proposal, *, again: tuple[str, ...] = ()
) -> tuple[Precondition, ...]:
    """The result of every check on which the plan depends; an unmet one does not stop the others.

    Args:
        again: ids of checks that are made again, and no others; () for all that are asked for.
    """
    asked = _asked(replace(context.request, only=again) if again else context.request)
    rows = _beside_surveys(context, proposal, asked, asked.of(CHECKS))
    return told_once((*rows, *_results(asked.of(PROCESS_CHECKS), context, proposal.plan, of_this_process=True)))


def check_comparison(context: RunContext, proposal: Proposal) -> tuple[Precondition, ...]:
    """The results of the checks on which a comparison of commits depends; online, those of the clusters, too."""
    if not context.request.online:
        return tuple(_results(COMPARISON_CHECKS, context, proposal, of_this_process=False))
    return told_once(_beside_surveys(context, proposal, _Asked((), ()), (*COMPARISON_CHECKS, objects.CHECK)))


def _beside_surveys(
    context: RunContext, proposal: Proposal, asked: "_Asked", checks: Sequence[Check[Proposal]]
) -> tuple[Precondition, ...]:
    """The results of checks, while the clusters are surveyed in threads, and of those surveys."""
    surveys = [TargetSurvey(context, proposal, decided) for decided in _surveyed(context, proposal)]
    begun = _begin(asked, surveys, reads_manifests=False)
    rows = tuple(_results(checks, context, proposal, of_this_process=False))
    _render(context, proposal, surveys)
    of_manifests = _begin(asked, surveys, reads_manifests=True)
    surveyed = [row for found in (*begun.results(), *of_manifests.results()) for row in found]
    order = [check.id for check in SURVEY_CHECKS]
    return (*rows, *sorted(surveyed, key=lambda row: order.index(row.id)))


def check_process(context: RunContext, plan: Plan) -> tuple[Precondition, ...]:
    """The results of the checks that concern this process."""
    return tuple(_results(PROCESS_CHECKS, context, plan, of_this_process=True))


class _Asked(NamedTuple):
    """Which checks a preflight makes; a run makes all of them."""

    only: tuple[str, ...]
    skip: tuple[str, ...]

    def of(self, checks: Iterable[AnyCheck]) -> tuple[AnyCheck, ...]:
        """Those that are asked for."""
        return tuple(each for each in checks if each.id not in self.skip and (not self.only or each.id in self.only))


def _asked(request: Request) -> _Asked:
    """A run makes every check; one that reads manifests needs those that render them."""
    if request.acts:
        return _Asked((), ())
    reads = any(check.reads_manifests for check in SURVEY_CHECKS if check.id in request.only)
    return _Asked((*request.only, published.CHECK.id, objects.CHECK.id) if reads else request.only, request.skip)


def _surveyed(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    """The targets whose cluster is surveyed: of a preflight all, else those that are going to be changed."""
    plan = proposal.plan
    if context.request.preflight:
        return plan.targets
    return (*plan.due, *(each.decided for each in plan.target_plans if each.needed and each.decided not in plan.due))


def _render(context: RunContext, proposal: Proposal, surveys: Sequence[TargetSurvey]) -> None:
    """Give each survey its manifests; where they cannot be rendered, the check of them says so."""
    named = {decided.target.name for decided in rendered_targets(context, proposal)}
    for survey in surveys:
        if survey.target.name in named:
            with suppress(Stage6Error):
                rendering = rendering_of(context, proposal, survey.decided)
                survey.rendering = rendering if isinstance(rendering, Rendering) else None


def _begin(
    asked: _Asked, surveys: Sequence[TargetSurvey], *, reads_manifests: bool
) -> Beside[tuple[SurveyCheck, TargetSurvey], tuple[Precondition, ...]]:
    checks = [check for check in asked.of(SURVEY_CHECKS) if check.reads_manifests is reads_manifests]
    return Beside(lambda pair: surveyed(*pair), [(check, survey) for check in checks for survey in surveys])


def _results(
    checks: Iterable[Check[Given]], context: RunContext, given: Given, *, of_this_process: bool
) -> Iterator[Precondition]:
    for check in checks:
        row = Precondition(id=check.id, what=check.what, state=PreconditionState.MET, of_this_process=of_this_process)
        if isinstance(check, RunCheck):
            if check.applies(context, given):
                yield _checked(replace(row, stops_plan=check.stops_plan), partial(check.run, context, given))
        else:
            for decided in check.targets(context, given):
                of_target = replace(row, target=decided.target.name, of_the_version=check.of_the_version)
                if is_off(check.id, decided.target):
                    yield replace(of_target, state=PreconditionState.SKIPPED, why=SWITCHED_OFF)
                    continue
                found = _checked(of_target, partial(check.run, context, given, decided))
                yield softened(in_context(found, decided.target), decided.target, warns=check.warns)


def _checked(row: Precondition, run: Callable[[], NotChecked | Noted | None]) -> Precondition:
    try:
        found = run()
    except CannotTellError as unknown:
        return replace(row, state=PreconditionState.CANNOT_TELL, error=unknown)
    except (ConfigurationError, PreconditionError, PublishError, DeployError) as unmet:
        return replace(row, state=PreconditionState.UNMET, error=unmet)
    return answered(row, found)
