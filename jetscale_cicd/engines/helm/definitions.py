"""The definitions of a package, applied before helm, which installs them once and never changes them.

They are applied on the server in a name of Stage 6's own: what others added, such as the certificate of a conversion
webhook, stays. Of fields that another manager owns, an apply takes none away; so those are taken away before.
"""

import time
from collections.abc import Mapping, Sequence

from jetscale_cicd.decide.cluster.definition_findings import refused_definition
from jetscale_cicd.decide.cluster.definitions import (
    DEFINITION,
    MANAGER,
    PackagedDefinition,
    kinds_served_by,
    left_behind,
    obstacles,
    to_apply,
)
from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.refusals import Meaning, classify
from jetscale_cicd.decide.objects.snapshot import condition
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.errors import DeployError, PreconditionError
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.definitions import definition_path, see_definitions
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object
from jetscale_cicd.tools.worker import pause

_QUERY: Mapping[str, str | int] = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
_APPLY, _MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
# Of HTTP: a login, a right, and another writer, none of which is the definition's fault.
_NOT_OF_IT = (401, 403, 409)
_POLL = 0.2
_SECONDS = 60.0  # helm's own for them


def apply_definitions(release: HelmRelease, packaged: Sequence[PackagedDefinition]) -> str:
    """Bring the definitions of a package to the cluster, and wait until their kinds are served.

    Returns:
        What was done; "" where all were as packaged.

    Raises:
        PreconditionError: ``CRD_CHANGED``, one was changed meanwhile, so that it cannot be applied; ``CRD_REFUSED``.
        DeployError: ``CRD_NOT_ESTABLISHED``.
        CannotTellError: the cluster does not answer.
    """
    try:
        todo = [
            (each, found)
            for each, found in see_definitions(release.api, packaged)
            if found is None or each.departures(found)
        ]
        for each, found in todo:
            release.check()
            _apply(release, each, found)
        _wait(release, packaged)
    except ApiFailure as failed:
        raise cannot_tell(failed, release.target) from None
    return f"{', '.join(each.name for each, _ in todo)} applied" if todo else ""


def _apply(release: HelmRelease, packaged: PackagedDefinition, found: Object | None) -> None:
    document, path = packaged.document or {}, definition_path(packaged.name)
    if found is not None and (obstacle := next(obstacles(document, found), None)):
        raise PreconditionError(
            "CRD_CHANGED",
            f"{DEFINITION} {packaged.name} was changed since it was checked: {obstacle.why}",
            where=packaged.source,
            hint=obstacle.step,
        )
    try:
        if found is not None and (patch := left_behind(document, found)):
            release.api.request("PATCH", path, query=_QUERY, body=patch, content=_MERGE)
        query = {**_QUERY, "force": "true"}
        release.api.request("PATCH", path, query=query, body=to_apply(document, found), content=_APPLY)
    except ApiFailure as failed:
        rule = classify(failed.status, failed.message)
        if failed.unreachable or failed.status in _NOT_OF_IT or (rule and rule.meaning is Meaning.PASSING):
            raise
        raise refused_definition(packaged, failed.message) from None
    release.announce(f"  · {DEFINITION} {packaged.name} {'is made' if found is None else 'is changed'}")


def _wait(release: HelmRelease, packaged: Sequence[PackagedDefinition]) -> None:
    """Wait until each is established, and the API server lists what it serves.

    Raises:
        DeployError: ``CRD_NOT_ESTABLISHED``.
    """
    limit = time.monotonic() + min(_SECONDS, release.target.timeout)
    while missing := _not_served(release.api, packaged):
        if time.monotonic() > limit:
            raise DeployError(
                FaultCode.CRD_NOT_ESTABLISHED,
                f"{DEFINITION} {missing[0]} is applied, and its kind is not served",
                where=release.name,
                hint=f"its conditions say why: kubectl describe crd {missing[0]}",
                details=tuple(f"also {name}" for name in missing[1:]),
            )
        release.check()
        pause(_POLL)


def _not_served(api: Kubernetes, packaged: Sequence[PackagedDefinition]) -> list[str]:
    seen = see_definitions(api, packaged)
    served = {each.name: tuple(kinds_served_by(found)) for each, found in seen if _is_established(found)}
    versions = list(dict.fromkeys(version for kinds in served.values() for version, _ in kinds))
    listed = dict(zip(versions, each_beside(lambda version: _listed(api, version), versions), strict=True))
    return [
        each.name
        for each in packaged
        if each.name not in served or not all(plural in listed[version] for version, plural in served[each.name])
    ]


def _is_established(found: Object | None) -> bool:
    return found is not None and condition(found, "Established") == "True"


def _listed(api: Kubernetes, version: str) -> frozenset[str]:
    """The resources of an API version."""
    answer = api.get(f"/apis/{version}") or {}
    return frozenset(str(each.get("name")) for each in answer.get("resources") or () if isinstance(each, dict))
