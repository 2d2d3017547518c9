"""Whether the context of a target leads to the cluster that is meant."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.identity import needs_address, wrong_cluster
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.cluster_identity import ClusterIdentity
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.remote import CLUSTERS

if TYPE_CHECKING:
    from jetscale_cicd.tools.kubernetes import Kubernetes


def identify(context: RunContext, api: "Kubernetes", *, of_address: bool, of_cluster: bool = True) -> ClusterIdentity:
    """The identity of a cluster, as far as it is asked for.

    Raises:
        CannotTellError: ``KUBECONFIG_UNREADABLE``, or the cluster does not answer.
    """
    from jetscale_cicd.observe.cluster.identity import read_identity
    from jetscale_cicd.tools.process import tool_environment

    env = tool_environment(os.environ)
    return read_identity(context.processes, env, api, api.context, of_address=of_address, of_cluster=of_cluster)


def compare_cluster(
    context: RunContext, target: Target, api: "Kubernetes", recorded: Sequence[str]
) -> tuple[ClusterIdentity, Stage6Error | None]:
    """The cluster of a target's context, and why it is not the one that is meant; None where it is.

    Args:
        recorded: what earlier deploys saw of it.
    """
    seen = identify(context, api, of_address=needs_address(target, recorded))
    return seen, wrong_cluster(target, seen, recorded, f"{CLUSTERS}{target.name}/{{record}}")
