"""The question before a cluster is changed from a laptop; a CI, and whoever reads from a pipe, is never asked."""

import argparse
import os
from collections.abc import Iterable

from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.engine import ENGINES, Destination
from jetscale_cicd.model.event import EventKind
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target


def add_yes(parser: argparse.ArgumentParser) -> None:
    """The answer in advance."""
    parser.add_argument("--yes", action="store_true", help="do not ask before a cluster is changed from a terminal")


def changed_clusters(plan: Plan) -> tuple[Target, ...]:
    """The targets on clusters of which a run of the plan changes something."""
    return _on_clusters(each.decided.target for each in plan.target_plans if each.needed)


def confirm(what: str, targets: Iterable[Target], request: Request, output: Output) -> None:
    """Ask at a terminal whether to go on, where that changes a cluster and no CI is running.

    Args:
        what: what is going to be done, as a sentence.

    Raises:
        PreconditionError: ``DECLINED``; nothing was changed.
    """
    places = [_place(target) for target in _on_clusters(targets)]
    if not places or request.event.kind is not EventKind.LOCAL or not output.is_dialogue:
        return
    if not output.ask(f"{what}\nThis changes {', '.join(places)}. Go on? [y/N] "):
        raise PreconditionError(
            "DECLINED", "the question was not answered with yes, so nothing was changed", hint="--yes answers it"
        )


def _on_clusters(targets: Iterable[Target]) -> tuple[Target, ...]:
    return tuple(target for target in targets if ENGINES[target.engine].destination is Destination.RELEASE)


def _place(target: Target) -> str:
    from jetscale_cicd.tools.kubeconfig import current_context

    context = target.context or current_context(os.environ) or "in which this runs"
    return f"{target.namespace}/{target.release} in the cluster {context}"
