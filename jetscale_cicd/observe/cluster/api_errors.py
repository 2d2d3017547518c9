"""Errors for a cluster whose state could not be observed."""

import re

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.kubernetes import ApiFailure

# kubectl 1.34 (client-go, tools/clientcmd); the address is where it goes without a current context.
_NO_CONTEXT = re.compile(
    r"context \S+ does not exist|no context exists with the name|(?:127\.0\.0\.1|localhost):8080\b"
)


def cannot_tell(failed: ApiFailure, target: Target) -> CannotTellError:
    """The error for an API server that did not show what is deployed."""
    return not_read(failed, f"namespace {target.namespace}", f"release {target.release}")


def not_read(failed: ApiFailure, where: str, what: str) -> CannotTellError:
    """The error for an API server that did not show something."""
    if failed.status == 401:
        return CannotTellError(
            "CLUSTER_UNAUTHORIZED",
            f"the cluster does not accept this run's login: {failed.message}",
            where=where,
            hint="has its token expired? Log in again, or give the run a newer kubeconfig",
        )
    if failed.status == 403:
        return CannotTellError(
            "CLUSTER_FORBIDDEN",
            f"the cluster does not let this run read {what}: {failed.message}",
            where=where,
            hint="docs/deploy.md lists the rights that a deploy needs",
        )
    if _NO_CONTEXT.search(failed.message):
        return CannotTellError(
            "CONTEXT_MISSING",
            f"the kubeconfig has no such context, or no current one: {failed.message}",
            where=where,
            hint="kubectl config get-contexts lists those that there are; kubectl config use-context NAME chooses one, "
            "and so does context: of the target",
            unreachable=True,
        )
    return CannotTellError(
        "CLUSTER_UNREACHABLE",
        f"the cluster could not be read: {failed.message}",
        where=where,
        hint="is this the right kubeconfig and context, and does the API server answer? Then run again",
        unreachable=failed.unreachable,
    )
