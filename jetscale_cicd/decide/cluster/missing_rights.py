"""The rights that an account lacks, as errors with the rule that grants them."""

import json
from collections.abc import Iterable, Sequence

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
    for (resource, namespace), those in grouped.items():
        verbs = list(dict.fromkeys(each.verb for each in those))
        where = f"in namespace {namespace}" if namespace else "on the cluster"
        yield PreconditionError(
            code,
            f"{account.name or 'this run'} may not {_joined(verbs)} {resource} {where}: {_purposes(those)}",
            where=f"namespace {namespace}" if namespace else "the cluster",
            hint=f"{_question(verbs[0], those[0])}; {_grant(those, verbs)}",
            details=(f"its groups: {', '.join(account.groups)}",) if account.groups else (),
        )


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


def _grant(denied: Sequence[Access], verbs: Sequence[str]) -> str:
    """The rule as YAML on one line, which JSON is."""
    first = denied[0]
    rule = {"apiGroups": [first.group], "resources": [first.resource], "verbs": list(verbs)}
    if first.namespace:
        return f"grant it by a Role in namespace {first.namespace}, rules: {json.dumps([rule])}"
    return f"grant it by a ClusterRole, rules: {json.dumps([rule])}"
