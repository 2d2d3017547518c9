"""Stage 6 of JetScale's pipeline: publish the chart, redeploy it, or do nothing, each with the reasons.

The public API is ``__all__`` of this module; everything else may change without notice.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.plan import Decision, Plan, Reason
from jetscale_cicd.model.request import Half, Request

if TYPE_CHECKING:
    from jetscale_cicd.model.outcome import Run
    from jetscale_cicd.model.preflight import Preflight
    from jetscale_cicd.model.request import OpenedRepository
    from jetscale_cicd.model.simulation import Simulation
else:

    def __getattr__(name: str) -> object:
        """What other commands end with, imported where it is used: a decision does not need them."""
        module = {"Run": "outcome", "Preflight": "preflight", "Simulation": "simulation"}.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"jetscale_cicd.model.{module}"), name)


__all__ = [
    "Decision",
    "Event",
    "EventKind",
    "Half",
    "Plan",
    "Preflight",
    "Reason",
    "Request",
    "Run",
    "Simulation",
    "Stage6Error",
    "explain",
    "local_request",
    "plan",
    "preflight",
    "run",
    "simulate",
]

Announce = Callable[[str], None]


def local_request(
    repo: "Path | OpenedRepository", *, since: str = "auto", base: str | None = None, head: str | None = None
) -> Request:
    """A request for a repository on this machine, without an event of a CI.

    Args:
        repo: a directory inside the repository, or a ``git.Repo``; its environment goes to every git of the run.
        since: ``auto``, ``event`` (exactly base and head), or a revision.
        base, head: revisions to compare.
    """
    return Request(repo=repo, event=Event(ci="local", kind=EventKind.LOCAL), since=since, base=base, head=head)


def plan(request: Request, announce: Announce = lambda _: None) -> Plan:
    """The plan of a run; nothing is changed. ``Plan.blocker`` is why no run could carry it out.

    Raises:
        Stage6Error: no plan could be made; with a code, a hint and the exit status of its class.
    """
    from jetscale_cicd.context import open_context

    with open_context(request, announce, plans=True) as context:
        from jetscale_cicd import stage6

        return stage6.plan(context)


def preflight(request: Request, announce: Announce = lambda _: None, *, wait: float = 0) -> "Preflight":
    """Every precondition of a deploy of the commit, for each target; nothing is changed.

    Args:
        wait: seconds to wait for what may mend itself.

    Raises:
        Stage6Error: no plan could be made.
    """
    from jetscale_cicd.context import open_context
    from jetscale_cicd.model.record import replace

    with open_context(replace(request, preflight=True), announce, plans=True) as context:
        from jetscale_cicd import stage6

        return stage6.preflight(context, wait)


def run(request: Request, announce: Announce = lambda _: None) -> "Run":
    """Plan, and do the needed steps; a step that failed, or was interrupted, is in the result, with its error.

    Raises:
        Stage6Error: nothing was changed, because planning failed or a precondition does not hold.
    """
    from jetscale_cicd.context import open_context
    from jetscale_cicd.model.record import replace

    with open_context(replace(request, acts=True), announce, plans=True) as context:
        from jetscale_cicd import stage6

        return stage6.reconcile(context, stage6.plan(context))


def simulate(request: Request, announce: Announce = lambda _: None) -> "Simulation":
    """The plan for a change, with the manifests that would differ; uses no network and no credentials.

    Raises:
        Stage6Error: no plan could be made.
    """
    from jetscale_cicd.context import open_context
    from jetscale_cicd.model.record import replace

    with open_context(replace(request, network=False), announce, plans=True) as context:
        from jetscale_cicd import stage6

        return stage6.simulate(context)


def explain(request: Request, *paths: bytes) -> tuple[Reason, ...]:
    """The scopes of each path, and why.

    Raises:
        Stage6Error: there is no repository, or its configuration cannot be used.
    """
    from jetscale_cicd import stage6
    from jetscale_cicd.context import open_context

    with open_context(request, lambda _: None) as context:
        return stage6.explain(context, paths)
