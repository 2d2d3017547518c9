"""What an API server refuses in a dry run: by which rule, whose that is, and what to do.

The sentences are those of Kubernetes 1.34, recorded. The first row that fits names the refusal.
"""

import re
from enum import StrEnum

from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.record import frozen


class Meaning(StrEnum):
    """What a refusal says of a deploy."""

    REFUSED = "refused"  # a deploy would be refused, too
    PASSING = "passing"  # whether it would cannot be told now
    UNCHECKED = "unchecked"  # nothing


@frozen
class RefusalRule:
    """One kind of refusal.

    Args:
        code: of its error; "" where it is none.
        pattern: the sentences that have it.
        hint: the next step, which may name ``{name}``, as the pattern finds it, ``{field}``, ``{kind}``, ``{object}``,
            ``{namespace}`` and ``{source}``; of what stays unchecked the reason.
        by: who set the rule; "" is Kubernetes itself.
        meaning: what it says of a deploy.
    """

    code: str
    pattern: str
    hint: str
    by: str = ""
    meaning: Meaning = Meaning.REFUSED


def _passing(code: str, pattern: str, hint: str) -> RefusalRule:
    """The rule of what may be over when it is asked again."""
    return RefusalRule(code, pattern, hint, meaning=Meaning.PASSING)


def _unchecked(pattern: str, reason: str) -> RefusalRule:
    """The rule of what says nothing of a deploy."""
    return RefusalRule("", pattern, reason, meaning=Meaning.UNCHECKED)


LACKS_RIGHT = _unchecked(r"User \"[^\"]*\" cannot \w+ resource", "this run lacks the right to ask")
NO_NAMESPACE = _unchecked(r"namespaces \"[^\"]+\" not found", "its namespace is not there")
NAMESPACE_TERMINATES = _unchecked(r"namespace \S+ because it is being terminated", "its namespace is being deleted")
QUOTA = RefusalRule(
    "QUOTA_EXCEEDED",
    r"(?:exceeded|failed) quota: (?P<name>[^,:\s]+)",
    "raise it, or request less: kubectl describe resourcequota {name} --namespace {namespace}",
    "a quota",
)
IMMUTABLE = RefusalRule(
    "FIELD_IMMUTABLE",
    r"is immutable|Forbidden: updates to|may not change once set|cannot change roleRef",
    "give it another name in {source}, or delete it before: kubectl delete {kind} {object} --namespace {namespace}",
)
# Of these a deletion takes more with it than the object.
_KEPT = {
    "PersistentVolumeClaim": "keep it as it is, or give it another name in {source}: with it goes its data",
    "StatefulSet": "keep it as it is in {source}, or delete it before, and not its pods: "
    "kubectl delete {kind} {object} --cascade=orphan --namespace {namespace}",
}
# Who rules what the authors of a cluster's policies do; their sentences are their own.
A_POLICY = "a policy of the cluster"
INVALID = RefusalRule(
    "POLICY_INVALID",
    r"is invalid: |strict decoding error|failed to create typed|failed to convert|unable to convert"
    r"|cannot be handled as|invalid object type|does not match the name",
    "correct {source}: kubectl explain {kind}{field}",
)
KIND_REMOVED = RefusalRule(
    "KIND_REMOVED",
    r"could not find the requested resource|no matches for kind",
    "write a version in {source} that the cluster serves: kubectl explain {kind}",
)
RULES = (
    # The sentences of policies are their authors', and may read like any other.
    RefusalRule(
        "POLICY_DENIED",
        r"ValidatingAdmissionPolicy '(?P<name>[^']+)'",
        "correct it in {source}, or read the policy: kubectl get validatingadmissionpolicy {name} -o yaml",
        A_POLICY,
    ),
    RefusalRule(
        "POLICY_DENIED",
        r"admission webhook \"(?P<name>[^\"]+)\" denied",
        "correct it in {source}; the policies of webhook {name} are those of whoever installed it",
        A_POLICY,
    ),
    RefusalRule(
        "RBAC_ESCALATION",
        r"attempting to grant RBAC permissions not currently held|is attempting to grant",
        "grant the account of this run what that role grants, or the verb `escalate` of roles and `bind` of bindings",
        "Kubernetes' access control",
    ),
    LACKS_RIGHT,
    _passing(
        "WEBHOOK_DOWN",
        r"failed calling webhook \"(?P<name>[^\"]+)\"",
        "is its Service up? kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
    ),
    _unchecked(r"does not support dry ?run", "a webhook with side effects judges it in the deploy alone"),
    NO_NAMESPACE,
    NAMESPACE_TERMINATES,
    _unchecked(
        r"error looking up service account|no PriorityClass with name|RuntimeClass \S+ not found",
        "what it needs is not there",
    ),
    # The role of a binding, which may come with the same deploy: whether there is one, another check says.
    _unchecked(r"role(?:binding)?s\.rbac\.authorization\.k8s\.io \"[^\"]*\" not found", "its role is not there yet"),
    _unchecked(r"method is not supported|MethodNotAllowed", "its kind cannot be applied"),
    QUOTA,
    RefusalRule(
        "POLICY_DENIED",
        r"violates PodSecurity (?P<name>\S+)",
        "correct it in {source}; the labels of the namespace set the level: kubectl get namespace {namespace} -o yaml",
        "the Pod Security Standards of the namespace",
    ),
    IMMUTABLE,
    INVALID,
    RefusalRule(
        "POLICY_DENIED",
        r"storageclass that provisions the pvc must support resize",
        "keep its size in {source}, or set allowVolumeExpansion of its class: kubectl get storageclass",
        "its StorageClass",
    ),
    RefusalRule(
        "POLICY_DENIED",
        r"is forbidden: ",
        "correct it in {source}, or see what limits it: kubectl describe limitrange --namespace {namespace}",
        "a rule of the namespace",
    ),
    _passing(
        "OBJECT_CONFLICT",
        r"the object has been modified|already exists|Operation cannot be fulfilled|Apply failed with \d+ conflict",
        "something else is changing it: run again",
    ),
    KIND_REMOVED,
)


@frozen(kw_only=True)
class Refused:
    """An object that the API server would not take.

    Args:
        subject: as it is shown: ``Deployment web``.
        kind, name: what is refused; of a pod its workload.
        namespace: where it is; "" of the cluster.
        source: the template that it is from; "" where that is not known.
        status, message: of the API server.
    """

    subject: str
    kind: str
    name: str
    namespace: str
    source: str
    status: int
    message: str


# Of a server-side apply, of a strict decoding, and of a validation.
_FIELDS = (
    r": \.(?P<field>[^:]+): ",
    r"unknown field \"(?P<field>[^\"]+)\"",
    r"is invalid: \[?(?P<field>[A-Za-z][^:\s]*): ",
)
_ITEM = re.compile(r"\[[^\[\]]*\]")
_EXPLAINED = re.compile(r"[A-Za-z][A-Za-z0-9.]*")
_UNKNOWN = "not declared in schema|unknown field"
_CLIENT = range(400, 500)
_NOT_OF_THE_OBJECT = (401, 404, 408, 409, 429)


def classify(status: int, message: str) -> RefusalRule | None:
    """The rule of a refusal, by its sentence; None where it is not known."""
    found = next((rule for rule in RULES if re.search(rule.pattern, message)), None)
    if found is None and status in _CLIENT and status not in _NOT_OF_THE_OBJECT:
        return INVALID
    return found


def refusal_error(refused: Refused) -> Stage6Error:
    """The error for an object that is refused; where its sentence is not understood, it cannot be told why."""
    rule, message = classify(refused.status, refused.message), without_values(refused.message)
    where = refused.source or refused.subject
    untold = f"it cannot be told whether the cluster takes {refused.subject}: {message}"
    if rule is None:
        hint = "does the API server answer? Then run again"
        unreachable = refused.status not in _CLIENT
        return CannotTellError("DRY_RUN_FAILED", untold, where=where, hint=hint, unreachable=unreachable)
    if rule.meaning is Meaning.PASSING:
        return CannotTellError(rule.code, untold, where=where, hint=_next_step(rule, refused))
    by = f" by {rule.by}" if rule.by else ""
    text = f"the cluster would refuse {refused.subject}{by}: {message}"
    return PreconditionError(rule.code, text, where=where, hint=_next_step(rule, refused))


def without_values(message: str) -> str:
    """A sentence without the object in it that it refuses, which can be long, and holds what is in a variable."""
    line = " ".join(message.split())
    start = min((at for at in map(line.find, ("Invalid value: {", "Invalid value: [")) if at >= 0), default=-1)
    if start < 0:
        return line
    end = line.rfind(": ")
    return f"{line[:start]}{line[end + 2 :]}" if end > start + len("Invalid value:") else f"{line[:start]}…"


def field_of(message: str) -> str:
    """The field that a sentence names first, in dots; "" where it names none."""
    for pattern in _FIELDS:
        if match := re.search(pattern, message):
            return _ITEM.sub("", match["field"]).strip(".")
    return ""


def _next_step(rule: RefusalRule, refused: Refused) -> str:
    match = re.search(rule.pattern, refused.message)
    hint = _KEPT.get(refused.kind, rule.hint) if rule is IMMUTABLE else rule.hint
    field = field_of(refused.message)
    if re.search(_UNKNOWN, refused.message):
        field = field.rpartition(".")[0]  # of a field that is none, nothing can be explained
    return hint.format(
        name=(match.groupdict().get("name") or "").strip('"') if match else "",
        field=f".{field}" if _EXPLAINED.fullmatch(field) else "",
        kind=refused.kind.lower(),
        object=refused.name,
        namespace=refused.namespace,
        source=refused.source or "the chart",
    ).removesuffix(" --namespace ")
