"""Stage 6 of JetScale's pipeline: publish the chart, redeploy it, or do nothing; and say why.

The public API is what this module names; everything else may change without notice.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetscale_cicd.api import explain, plan, run, simulate
    from jetscale_cicd.errors import Stage6Error
    from jetscale_cicd.model.plan import Decision, Plan
    from jetscale_cicd.model.request import Request

__all__ = ["Decision", "Plan", "Request", "Stage6Error", "explain", "plan", "run", "simulate"]
