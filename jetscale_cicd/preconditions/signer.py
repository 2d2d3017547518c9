"""The programs that sign a package are installed."""

import os
from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import StepName, StepState
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import Check

_SIGNING = (StepName.PUBLISH, StepName.SIGN)


def _subjects(context: RunContext, proposal: Proposal) -> Iterable[Target | None]:
    signs = any(step.name in _SIGNING and step.state is StepState.NEEDED for step in proposal.plan.shared)
    return (None,) if signs and any(context.settings.signing) else ()


def _run(context: RunContext, _proposal: Proposal, _target: Target | None) -> None:
    from jetscale_cicd.tools.process import check_tool

    signing = context.settings.signing
    command = signing.command_at(context.repository.git.root)
    for program in (*(("gpg",) if signing.key else ()), *command[:1]):
        check_tool(program, os.environ)


CHECK = Check("signer", "the programs that sign are installed", _subjects, _run, of_this_process=True)
