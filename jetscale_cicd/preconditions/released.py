"""A deploy publishes nothing: its version is in the registry, and tagged."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.request import Half
from jetscale_cicd.model.step import StepName, StepState
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(context: RunContext, proposal: Proposal) -> bool:
    return context.request.half is Half.DEPLOY and proposal.plan.deploy is not None


def _run(_: RunContext, proposal: Proposal) -> None:
    plan = proposal.plan
    missing = [step for step in plan.shared if step.state is StepState.NEEDED and step.name is not StepName.PACKAGE]
    if missing and plan.deploy:
        raise PreconditionError(
            "NOT_RELEASED",
            f"{plan.deploy.version} is not released yet ({missing[0].name}: {missing[0].why})",
            where=plan.head,
            hint="jetscale-cicd release, first; or both in one run: jetscale-cicd stage6",
        )


CHECK = RunCheck("released", "the version to deploy is released", _applies, _run)
