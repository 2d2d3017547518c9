"""What this run may do on a cluster, as the API server's own authorizers answer (SelfSubjectAccessReview)."""

from collections.abc import Iterable, Iterator, Sequence

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.missing_rights import Account, RightsReview, missing_rights
from jetscale_cicd.decide.cluster.rights import Access, DeployScope, needed_accesses
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.record import replace
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
# Kubernetes 1.28 has the first, 1.27 the second.
_WHO = tuple(f"/apis/authentication.k8s.io/{version}/selfsubjectreviews" for version in ("v1", "v1beta1"))
_EVERYTHING = "*"
# RBAC of a binding whose role is gone; it has read all others.
_DANGLING = "not found"
# Kubernetes, RBAC, "Referring to resources": what is created or listed has no name yet.
_NAMELESS = ("create", "list", "watch")
_MOST_NAMES = 50
_LONGEST_NAME, _MOST_GROUPS = 200, 20


def check_rights(
    api: Kubernetes, scope: DeployScope, manifests: Sequence[Manifest], deployed: Sequence[Manifest] = ()
) -> RightsReview:
    """Which rights this run lacks for a deploy.

    Args:
        manifests: its objects, hooks and ``crds/`` included.
        deployed: the objects of the revision that is deployed.

    Raises:
        CannotTellError: ``RIGHTS_UNSEEN``.
    """
    try:
        served = Kinds(api).served((*manifests, *deployed))
    except ApiFailure as failed:
        raise _unseen(failed.message, unreachable=failed.unreachable) from None
    return review_rights(api, needed_accesses(scope, manifests, served, deployed))


def review_rights(api: Kubernetes, accesses: Sequence[Access]) -> RightsReview:
    """Which of these accesses this run lacks.

    Asked for is everything in a namespace at first, then every verb of a resource, and each verb where that is not
    granted; and last, where a verb is granted for some names alone, each name. So an account with all rights costs a
    review for each namespace, and another one reviews by the number of kinds.

    Raises:
        CannotTellError: ``RIGHTS_UNSEEN``, the API server does not review rights.
    """
    try:
        denied = list(_denied(api, accesses))
        account = who_am_i(api) if denied else Account()
    except ApiFailure as failed:
        raise _unseen(failed.message, unreachable=failed.unreachable) from None
    return missing_rights(denied, account)


def who_am_i(api: Kubernetes) -> Account:
    """Who this run is to the API server; nobody where it does not say."""
    for path in _WHO:
        try:
            answer = api.create(path, {"metadata": {}})
        except ApiFailure:
            continue
        status = answer.get("status")
        user = status.get("userInfo") if isinstance(status, dict) else None
        if isinstance(user, dict):
            groups = user.get("groups")
            named = [str(each)[:_LONGEST_NAME] for each in groups] if isinstance(groups, list) else []
            name = str(user.get("username") or "")[:_LONGEST_NAME]
            return Account(name=api.redact(name), groups=tuple(map(api.redact, named[:_MOST_GROUPS])))
    return Account()


def _denied(api: Kubernetes, accesses: Sequence[Access]) -> Iterator[Access]:
    everywhere = _allowed(api, dict.fromkeys(_of_everything(each) for each in accesses))
    left = [each for each in accesses if _of_everything(each) not in everywhere]
    resources = _allowed(api, dict.fromkeys(_of_resource(each) for each in left))
    left = [each for each in left if _of_resource(each) not in resources]
    allowed = _allowed(api, left)
    for each in left:
        if each not in allowed and (still := _but_for_names(api, each)):
            yield still


def _of_everything(access: Access) -> Access:
    return Access(group=_EVERYTHING, resource=_EVERYTHING, namespace=access.namespace, verb=_EVERYTHING)


def _of_resource(access: Access) -> Access:
    return replace(access, verb=_EVERYTHING)


def _allowed(api: Kubernetes, accesses: Iterable[Access]) -> set[Access]:
    asked = list(accesses)
    return {
        each for each, allowed in zip(asked, each_beside(lambda one: _ask(api, one), asked), strict=True) if allowed
    }


def _but_for_names(api: Kubernetes, access: Access) -> Access | None:
    """The access with the names for which it is denied; None where a role grants it for each of them."""
    if access.verb in _NAMELESS or not 0 < len(access.names) <= _MOST_NAMES:
        return access
    answers = each_beside(lambda name: _ask(api, access, name), access.names)
    denied = tuple(name for name, allowed in zip(access.names, answers, strict=True) if not allowed)
    return replace(access, names=denied) if denied else None


def _ask(api: Kubernetes, access: Access, name: str = "") -> bool:
    resource, _, part = access.resource.partition("/")
    attributes = {"group": access.group, "resource": resource, "verb": access.verb, "namespace": access.namespace}
    attributes |= {"subresource": part} if part else {}
    attributes |= {"name": name} if name else {}
    answer = api.create(_REVIEWS, {"metadata": {}, "spec": {"resourceAttributes": attributes}})
    given = answer.get("status")
    status: Object = given if isinstance(given, dict) else {}
    if status.get("allowed") is True:
        return True
    error = str(status.get("evaluationError") or "")
    if error and _DANGLING not in error:  # an authorizer that is down has not denied what it would have granted
        raise ApiFailure(0, api.redact(error)[:_LONGEST_NAME])
    return False


def _unseen(why: str, *, unreachable: bool) -> CannotTellError:
    return CannotTellError(
        "RIGHTS_UNSEEN",
        f"it cannot be told what this run may do on the cluster: {why}",
        where="selfsubjectaccessreviews.authorization.k8s.io",
        hint="kubectl auth can-i --list",
        unreachable=unreachable,
    )
