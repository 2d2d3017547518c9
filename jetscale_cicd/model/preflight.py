"""The answer to whether a commit could be deployed to its targets now."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.precondition import Precondition, PreconditionState, foremost
from jetscale_cicd.model.record import frozen


@frozen(kw_only=True)
class Preflight:
    """A plan of which every precondition was checked, also for targets where nothing is due.

    Args:
        plan: with the preconditions.
        partial: some checks were not asked for, so that nothing is said of a deploy.
        waited: seconds for which it was waited until what converges was met.
    """

    plan: Plan
    partial: bool = False
    waited: float = 0

    @property
    def rows(self) -> tuple[Precondition, ...]:
        """Every precondition, with its result."""
        return self.plan.preconditions

    @property
    def error(self) -> Stage6Error | None:
        """The foremost that is unmet, else that cannot be told; the rows show the others."""
        states = (PreconditionState.UNMET, PreconditionState.CANNOT_TELL)
        return foremost([row.error for state in states for row in self.rows if row.state is state and row.error])

    def failing(self, target: str) -> tuple[Precondition, ...]:
        """What keeps a deploy to a target from being possible: of it, of those that it needs, and of the run."""
        states = (PreconditionState.UNMET, PreconditionState.CANNOT_TELL)
        concerned = {None, *self._with_needed(target)}
        return tuple(row for row in self.rows if row.state in states and row.target in concerned)

    def _with_needed(self, target: str) -> set[str]:
        """A target, and those that have to have the same before it."""
        needs = {decided.target.name: decided.target.needs for decided in self.plan.targets}
        found, left = set[str](), [target]
        while left:
            if (name := left.pop()) not in found:
                found.add(name)
                left += needs.get(name, ())
        return found

    @property
    def may_converge(self) -> bool:
        """Whether waiting may help: something does not hold yet, and all that does not may mend itself."""
        wanting = [row for row in self.rows if row.error and row.state is not PreconditionState.WARNING]
        return bool(wanting) and all(row.converges for row in wanting)

    def count(self, *states: PreconditionState) -> int:
        """How many rows are in one of these states."""
        return sum(row.state in states for row in self.rows)
