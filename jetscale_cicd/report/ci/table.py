"""Which CI takes outputs: one module and one row each; the first row that is proven wins."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.record import frozen
from jetscale_cicd.report.face import Redact


class CiOutputs(Protocol):
    """What a CI takes; each of these does nothing where this CI, or this job of it, has no place for it."""

    def write_outputs(self, plan: Plan) -> None:
        """Keep decision, version, tag, namespaces and the matrix of targets for the steps that follow.

        Raises:
            ConfigurationError: the CI's file cannot be written.
        """

    def write_summary(self, plan: Plan | None, text: Callable[[], str]) -> None:
        """Add a text to the page of the run, in place of the one before; without a plan the command failed early.

        Raises:
            ConfigurationError: the CI's file cannot be written.
        """

    def annotation(self, error: Stage6Error, redact: Redact, *, warns: bool) -> str | None:
        """The line of the log that makes the CI show an error, or a warning, on the page of the run."""


OpenOutputs = Callable[[Mapping[str, str]], CiOutputs]


@frozen
class _Row:
    """One CI: any of the variables in ``proof`` is set there alone; ``module`` gives an ``OPEN``."""

    name: str
    proof: tuple[str, ...]
    module: str


NONE = _Row(name="none", proof=(), module="jetscale_cicd.report.ci.none")
CIS = (
    _Row(
        name="github",
        # Each of the files counts alone: a runner that speaks GitHub's language need not be GitHub's.
        proof=("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"),
        module="jetscale_cicd.report.ci.github",
    ),
)


def open_outputs(env: Mapping[str, str]) -> CiOutputs:
    """What the CI of an environment takes."""
    row = next((row for row in CIS if any(env.get(name) for name in row.proof)), NONE)
    opened: OpenOutputs = import_module(row.module).OPEN
    return opened(env)
