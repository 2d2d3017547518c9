"""The rights that an account lacks, as errors with the rule that grants them."""

import json
from collections.abc import Iterable, Mapping, Sequence

from jetscale_cicd.decide.cluster.rights import Access
from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.model.record import frozen

_SHOWN = 4


@frozen(kw_only=True)
class Account:
    """Who this run is to the API server; "" where it does not say."""

    name: str = ""
    groups: tuple[str, ...] = ()


@frozen(kw_only=True)
class RightsReview:
    """What an account lacks.

    Args:
        missing: what a deploy fails without, and what could not be told.
        useful: what a deploy can do without, and then tells less.
    """

    missing: tuple[Stage6Error, ...] = ()
    useful: tuple[Stage6Error, ...] = ()


def missing_rights(denied: Sequence[Access], account: Account) -> RightsReview:
    """One error for each resource and namespace, with all verbs that are denied.

    Args:
        denied: what the account may not do, each with the names for which it may not.
    """
    return RightsReview(
        missing=tuple(_errors("RIGHT_MISSING", [each for each in denied if each.needed], account)),
        useful=tuple(_errors("RIGHT_USEFUL", [each for each in denied if not each.needed], account)),
    )


def _errors(code: str, denied: Sequence[Access], account: Account) -> Iterable[PreconditionError]:
    grouped: dict[tuple[str, str], list[Access]] = {}
    for each in denied:
        grouped.setdefault((each.full_name, each.namespace), []).append(each)
    roles = {namespace: _role(namespace, grouped) for _, namespace in grouped}
    for (resource, namespace), those in grouped.items():
        verbs = list(dict.fromkeys(each.verb for each in those))
        where = f"in namespace {namespace}" if namespace else "on the cluster"
        yield PreconditionError(
            code,
            f"{account.name or 'this run'} may not {_joined(verbs)} {resource} {where}: {_purposes(those)}",
            where=f"namespace {namespace}" if namespace else "the cluster",
            hint=f"{_question(verbs[0], those[0])}; {_grant(those)}",
            details=(*_groups(account), *filter(None, (roles.pop(namespace, ""),))),
        )


def _groups(account: Account) -> tuple[str, ...]:
    return (f"its groups: {', '.join(account.groups)}",) if account.groups else ()


def _role(namespace: str, grouped: Mapping[tuple[str, str], Sequence[Access]]) -> str:
    """All that is missing in a namespace, or on the cluster, as one role; "" where that is one rule."""
    rules = [_rule(those) for (_, where), those in grouped.items() if where == namespace]
    if len(rules) < 2:
        return ""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role" if namespace else "ClusterRole",
        "metadata": {"generateName": "stage6-", **({"namespace": namespace} if namespace else {})},
        "rules": rules,
    }
    kind = role["kind"]
    return f"all {len(rules)} as one {kind}, for kubectl create and a {kind}Binding: {json.dumps(role)}"


def _rule(denied: Sequence[Access]) -> dict[str, list[str]]:
    first, verbs = denied[0], list(dict.fromkeys(each.verb for each in denied))
    return {"apiGroups": [first.group], "resources": [first.resource], "verbs": verbs}


def _purposes(denied: Iterable[Access]) -> str:
    purposes = list(dict.fromkeys(purpose for each in denied for purpose in each.purposes))
    more = len(purposes) - _SHOWN
    return "; ".join(purposes[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _joined(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _question(verb: str, access: Access) -> str:
    name, _, part = access.resource.partition("/")
    resource = f"{name}.{access.group}" if access.group else name
    subresource = f" --subresource={part}" if part else ""
    return f"kubectl auth can-i {verb} {resource}{subresource}" + (
        f" --namespace {access.namespace}" if access.namespace else ""
    )


def _grant(denied: Sequence[Access]) -> str:
    """The rule as YAML on one line, which JSON is."""
    by = f"a Role in namespace {denied[0].namespace}" if denied[0].namespace else "a ClusterRole"
    return f"grant it by {by}, rules: {json.dumps([_rule(denied)])}"
