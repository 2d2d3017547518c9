"""The engine of a target; the table is data in ``model/engine.py``, so that every floor can read it."""

from functools import cache
from importlib import import_module

from jetscale_cicd.engines.engine import Engine
from jetscale_cicd.model.engine import ENGINES
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.step import Step
from jetscale_cicd.model.target import Target


@cache
def _load(module: str) -> Engine:
    loaded: Engine = import_module(f"jetscale_cicd.engines.{module}").ENGINE
    return loaded


def engine_of(target: Target) -> Engine:
    """The engine of a target, imported at its first use."""
    return _load(ENGINES[target.engine].module)


class PlannedByEngines:
    """What planning needs from the engines of the targets (``decide/plan.py``)."""

    def command(self, target: Target, reference: str, version: str) -> str:
        """The command that deploys a target, as it could be typed in a shell."""
        return engine_of(target).command(target, reference, version)

    def steps(self, decided: TargetDecision, deploy: Step) -> tuple[Step, ...]:
        """The steps of a target, including its deploy."""
        return engine_of(decided.target).steps(decided, deploy)
