"""The definitions of a package, and what a cluster has of them: each by its name, for a list has all others, too."""

from collections.abc import Sequence
from urllib.parse import quote

from jetscale_cicd.decide.cluster.definitions import (
    DEFINITIONS,
    MANAGER,
    PackagedDefinition,
    packaged_by,
    to_apply,
    to_merge,
)
from jetscale_cicd.decide.cluster.deploy_record import recorded_definitions
from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.cluster.revision_record import record_of
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.helm_storage import StoredRelease, UnreadableRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

# The answer to an apply of what is no definition; to ask again gives the same.
_FINAL = (500,)


def definition_path(name: str) -> str:
    """Path of a definition."""
    return f"{DEFINITIONS}/{quote(name, safe='')}"


def see_definitions(
    api: Kubernetes, packaged: Sequence[PackagedDefinition]
) -> tuple[tuple[PackagedDefinition, Object | None], ...]:
    """Each definition, and what the cluster has of it; None where it has none.

    Raises:
        ApiFailure: one could not be read.
    """
    found = each_beside(lambda each: api.get(definition_path(each.name)), packaged)
    return tuple(zip(packaged, found, strict=True))


def seen_definitions(api: Kubernetes, packaged: Sequence[PackagedDefinition]) -> tuple[Object, ...] | None:
    """Those that are there; None where this run may not read them."""
    try:
        return tuple(found for _, found in see_definitions(api, packaged) if found)
    except ApiFailure as failed:
        if failed.status != 403:
            raise
        return None


def try_definition(api: Kubernetes, packaged: PackagedDefinition, found: Object | None) -> None:
    """Have the API server judge what a run would apply, without keeping it.

    Raises:
        ApiFailure: it would not take it.
    """
    document = packaged.document or {}
    body = to_apply(document, None) if found is None else to_merge(document, found)
    content = "application/apply-patch+yaml" if found is None else "application/merge-patch+json"
    query = {"dryRun": "All", "fieldManager": MANAGER, "fieldValidation": "Strict"}
    api.request("PATCH", definition_path(packaged.name), query=query, body=body, content=content, final=_FINAL)


def definitions_of(target: Target, stored: StoredRelease) -> tuple[PackagedDefinition, ...]:
    """The definitions that came with the package of a revision, as far as the revision says.

    Raises:
        ConfigurationError: ``MANIFESTS``, they cannot be read.
        CannotTellError: ``RECORD_UNREADABLE``.
    """
    where = f"{target.namespace}/{target.release} revision {stored.number}"
    digests = recorded_definitions(stored.config) if record_of(stored.revision) else {}
    try:
        return packaged_by(parse_manifests(stored.crds, where), digests)
    except UnreadableRelease as unreadable:
        raise CannotTellError(
            "RECORD_UNREADABLE",
            f"what is deployed cannot be read: {unreadable}",
            where=where,
            hint=f"inspect it: helm history {target.release} --namespace {target.namespace}",
        ) from None
