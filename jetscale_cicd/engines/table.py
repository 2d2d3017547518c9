"""From a target to its engine; the table itself is data (``model/engine.py``), so that every floor may read it."""

from functools import cache
from importlib import import_module

from jetscale_cicd.engines.engine import Engine
from jetscale_cicd.model.engine import ENGINES
from jetscale_cicd.model.plan import Step, TargetDecision
from jetscale_cicd.model.target import Target


@cache
def _load(module: str) -> Engine:
    loaded: Engine = import_module(f"jetscale_cicd.engines.{module}").ENGINE
    return loaded


def engine_of(target: Target) -> Engine:
    """The engine of a target, imported when the first target needs it."""
    return _load(ENGINES[target.engine].module)


class PlannedByEngines:
    """What planning needs from the engines of the targets (``decide/plan.py``)."""

    def command(self, target: Target, reference: str, version: str) -> str:
        """The command that a person would type for the deploy of a target."""
        return engine_of(target).command(target, reference, version)

    def steps(self, decided: TargetDecision, deploy: Step) -> tuple[Step, ...]:
        """The steps of a target, its deploy among them."""
        return engine_of(decided.target).steps(decided, deploy)
