"""The programs that sign a package are installed, and the passphrase can be masked."""

import os

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.step import StepName, StepState
from jetscale_cicd.preconditions.check import RunCheck

_SIGNING = (StepName.PUBLISH, StepName.SIGN)


def _applies(context: RunContext, plan: Plan) -> bool:
    signs = any(step.name in _SIGNING and step.state is StepState.NEEDED for step in plan.shared)
    return signs and bool(context.settings.signing.key or context.settings.signing.command)


def _run(context: RunContext, _: Plan) -> None:
    from jetscale_cicd.tools.gpg import PASSPHRASE
    from jetscale_cicd.tools.redact import check_long_enough
    from jetscale_cicd.tools.search_path import find_program

    signing = context.settings.signing
    command = signing.command_at(context.repository.git.root)
    for program in (*(("gpg",) if signing.key else ()), *command[:1]):
        find_program(program, os.environ)
    if signing.key and (passphrase := os.environ.get(PASSPHRASE)):
        check_long_enough(PASSPHRASE, passphrase, "release.sign_key")


CHECK = RunCheck("signer", "the programs that sign are installed", _applies, _run)
