"""No CI, or one that takes no outputs."""

from collections.abc import Callable, Mapping

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.report.ci.table import OpenOutputs
from jetscale_cicd.report.face import Redact


class NoOutputs:
    """Takes nothing."""

    def __init__(self, _env: Mapping[str, str]) -> None:
        pass

    def write_outputs(self, plan: Plan) -> None:
        """Nowhere."""

    def write_summary(self, plan: Plan | None, text: Callable[[], str]) -> None:
        """Nowhere."""

    def annotation(self, error: Stage6Error, redact: Redact, *, warns: bool) -> str | None:
        """None."""


OPEN: OpenOutputs = NoOutputs
