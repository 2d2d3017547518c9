"""The record of the cluster to which a target was first deployed: a ref of the remote, which no context changes.

A release on a cluster cannot tell that another cluster is meant: on the wrong one there is no release, which looks as
before a first deploy. So the record is in git, in the name of a ref: reading it takes no more than listing the tags.
"""

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import CannotTellError, Stage6Error
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.releases import clusters_in
from jetscale_cicd.observe.git.remote import CLUSTERS, remote_of, remote_refs
from jetscale_cicd.planning.cluster import compare_cluster, identify
from jetscale_cicd.tools.kubernetes import Kubernetes


def check_cluster(context: RunContext, target: Target) -> None:
    """Refuse to change a release on another cluster than the target's, for a command without a plan.

    Where the remote does not answer, what it has recorded is not known, and that is announced: a rollback cannot wait.

    Raises:
        PreconditionError: ``CLUSTER_DIFFERS`` or ``CLUSTER_RECORDED_TWICE``.
        CannotTellError: ``CLUSTER_IDENTITY``.
    """
    api = engine_of(target).cluster(context, target)
    recorded = () if target.cluster or api is None else _recorded(context, target)
    if api is None or not (target.cluster or recorded):
        return
    _, wrong = compare_cluster(context, target, api, recorded)
    if wrong:
        raise wrong


def _recorded(context: RunContext, target: Target) -> tuple[str, ...]:
    """What earlier deploys saw of the cluster, as far as the remote answers."""
    if not remote_of(context.repository):
        return ()
    try:
        refs = remote_refs(context.repository, f"{CLUSTERS}{target.name}/*")
    except CannotTellError as silent:
        context.announce(f"! which cluster {target.name} is on is not compared with its record: {silent.message}")
        return ()
    return clusters_in(refs).get(target.name, ())


def record_cluster(acting: ActContext, target: Target) -> None:
    """Record the cluster of a target, unless its configuration names it, or it is recorded already.

    What cannot be recorded is announced, and stops nothing: the account of a deploy may have no right to push.
    """
    context = acting.context
    if target.cluster or target.name in acting.plan.clusters or not remote_of(context.repository):
        return
    api = engine_of(target).cluster(context, target)
    if api and (why := _push(acting, target, api)):
        context.announce(
            f"! {target.name}: which cluster this is could not be recorded ({why}), so that a later run cannot tell it "
            f"from another one; write it down: targets.{target.name}.cluster"
        )


def _push(acting: ActContext, target: Target, api: Kubernetes) -> str:
    """Push the record; why that was not possible, or ""."""
    context = acting.context
    try:
        seen = identify(context, api, of_address=False)
        if seen.uid is None:
            seen = identify(context, api, of_address=True, of_cluster=False)
        if not seen.record:
            return "neither the namespace kube-system nor a certificate authority can be read"
        remote, ref = remote_of(context.repository) or "origin", f"{CLUSTERS}{target.name}/{seen.record}"
        with acting.turn:  # git is used by one thread at a time
            result = context.repository.git.write("push", "--quiet", remote, f"{acting.release.commit}:{ref}")
    except Stage6Error as failed:
        return failed.message
    return "" if result.status == 0 else " ".join(result.stderr.split()) or "git push failed"
