"""The environment variables for secret values are set."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Plan, TargetDecision
from jetscale_cicd.observe.secret_values import secrets_of
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(context: RunContext, plan: Plan) -> Iterable[TargetDecision]:
    asked = plan.targets if context.request.preflight else plan.deploys
    return [decided for decided in asked if decided.target.secrets]


def _run(_context: RunContext, _plan: Plan, decided: TargetDecision) -> None:
    secrets_of(decided.target)


CHECK = TargetCheck("secrets", "the environment has every secret value", _targets, _run)
