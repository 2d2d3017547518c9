"""The login with which nodes pull images is here, where a run makes the Secret for it."""

import os
from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Plan, TargetDecision
from jetscale_cicd.preconditions.check import TargetCheck
from jetscale_cicd.preconditions.survey.found import Noted


def _targets(context: RunContext, plan: Plan) -> Iterable[TargetDecision]:
    asked = plan.targets if context.request.preflight else plan.deploys
    return [decided for decided in asked if decided.target.image_pull_secret]


def _run(context: RunContext, _: Plan, decided: TargetDecision) -> Noted | None:
    from jetscale_cicd.observe.pull_login import read_pull_login

    wanted, name = decided.target.image_pull_secret, decided.target.name
    if wanted is None:
        return None
    read_pull_login(wanted, f"targets.{name}.image_pull_secret", os.environ, context.logins)
    return Noted(f"a deploy keeps Secret {wanted.name} up to date")


CHECK = TargetCheck("pull-login", "the login for pulling images is here", _targets, _run)
