"""The login with which nodes pull images is here, where a run makes the Secret for it."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Plan, TargetDecision
from jetscale_cicd.planning.pull_login import pull_login
from jetscale_cicd.preconditions.check import TargetCheck
from jetscale_cicd.preconditions.survey.found import Noted


def _targets(context: RunContext, plan: Plan) -> Iterable[TargetDecision]:
    asked = plan.targets if context.request.preflight else plan.deploys
    return [decided for decided in asked if decided.target.image_pull_secret]


def _run(context: RunContext, _: Plan, decided: TargetDecision) -> Noted | None:
    pull_login(context, decided.target)
    wanted = decided.target.image_pull_secret
    return Noted(f"a deploy keeps Secret {wanted.name} up to date") if wanted else None


CHECK = TargetCheck("pull-login", "the login for pulling images is here", _targets, _run)
