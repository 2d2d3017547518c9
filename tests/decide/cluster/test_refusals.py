"""Refusals as an API server words them: by which rule, and what to do."""

import pytest

from jetscale_cicd.decide.cluster.refusals import Meaning, Refused, classify, field_of, refusal_error, without_values
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error

# Status and message of Kubernetes 1.34, the code of the finding ("" for none), and what the hint has to hold.
RECORDED = {
    "unknown field": (
        500,
        "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema",
        "POLICY_INVALID",
        "kubectl explain deployment.spec",
    ),
    "unknown field of a creation": (
        400,
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.foo"',
        "POLICY_INVALID",
        "kubectl explain deployment.spec",
    ),
    "type": (
        500,
        (
            "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.replicas: expected numeric "
            "(int or float), got string"
        ),
        "POLICY_INVALID",
        "kubectl explain deployment.spec.replicas",
    ),
    "base64": (
        500,
        (
            "failed to convert new object (/x; /v1, Kind=Secret) to proper version: unable to convert unstructured "
            "object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 0"
        ),
        "POLICY_INVALID",
        "",
    ),
    "value": (
        422,
        'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        "POLICY_INVALID",
        "kubectl explain deployment.spec.replicas",
    ),
    "own rule of a kind": (
        422,
        'Thing.example.test "x" is invalid: spec: Invalid value: "object": a must be small',
        "POLICY_INVALID",
        "kubectl explain deployment.spec",
    ),
    "too large": (413, "Request entity too large: limit is 3145728", "POLICY_INVALID", ""),
    "selector": (
        422,
        'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable',
        "FIELD_IMMUTABLE",
        "kubectl delete deployment web --namespace shop",
    ),
    "spec": (
        422,
        'StatefulSet.apps "s" is invalid: spec: Forbidden: updates to statefulset spec for others are forbidden',
        "FIELD_IMMUTABLE",
        "app/templates/web.yaml",
    ),
    "address": (
        422,
        'Service "v" is invalid: spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set',
        "FIELD_IMMUTABLE",
        "",
    ),
    "pod security": (
        403,
        'pods "p" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)',
        "POLICY_DENIED",
        "kubectl get namespace shop",
    ),
    "policy": (
        422,
        "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'few' with binding 'b' denied request: no",
        "POLICY_DENIED",
        "kubectl get validatingadmissionpolicy few",
    ),
    "webhook": (
        400,
        'admission webhook "validate.kyverno.svc-fail" denied the request: x is immutable, exceeded quota: y',
        "POLICY_DENIED",
        "validate.kyverno.svc-fail",
    ),
    "limit": (
        403,
        'pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
        "POLICY_DENIED",
        "kubectl describe limitrange --namespace shop",
    ),
    "quota": (
        403,
        'pods "p" is forbidden: exceeded quota: rq, requested: pods=1, used: pods=3, limited: pods=0',
        "QUOTA_EXCEEDED",
        "kubectl describe resourcequota rq --namespace shop",
    ),
    "quota of what has to be said": (
        403,
        'pods "p" is forbidden: failed quota: rq: must specify requests.cpu for: main',
        "QUOTA_EXCEEDED",
        "kubectl describe resourcequota rq --namespace shop",
    ),
    "role": (
        403,
        (
            'roles.rbac.authorization.k8s.io "r" is forbidden: user "ci" (groups=["a"]) is attempting to '
            'grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'
        ),
        "RBAC_ESCALATION",
        "escalate",
    ),
    "version": (404, "the server could not find the requested resource", "KIND_REMOVED", "app/templates/web.yaml"),
    "kind": (404, 'no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"', "KIND_REMOVED", ""),
}
PASSING = {
    "webhook that is down": (
        500,
        (
            'Internal error occurred: failed calling webhook "down.example.test": failed to call webhook: Post '
            '"https://127.0.0.1:9/x?timeout=2s": dial tcp 127.0.0.1:9: connect: connection refused'
        ),
        "WEBHOOK_DOWN",
    ),
    "changed meanwhile": (409, "the object has been modified; please apply your changes", "OBJECT_CONFLICT"),
    "away": (503, "the server is currently unable to handle the request", "DRY_RUN_FAILED"),
    "busy": (429, "too many requests", "DRY_RUN_FAILED"),
    "no answer": (0, "Connection refused", "DRY_RUN_FAILED"),
    "unknown fault": (500, "Internal error occurred: etcdserver: request timed out", "DRY_RUN_FAILED"),
}
UNCHECKED = {
    "right": (
        403,
        'configmaps "new" is forbidden: User "ci" cannot patch resource "configmaps" in API group "" in namespace',
    ),
    "side effects": (400, 'admission webhook "a" does not support dry run'),
    "namespace": (404, 'namespaces "absent" not found'),
    "account": (
        403,
        'pods "p" is forbidden: error looking up service account pol/nope: serviceaccount "nope" not found',
    ),
    "priority": (403, 'pods "p" is forbidden: no PriorityClass with name nope was found'),
    "runtime": (403, 'pods "p" is forbidden: pod rejected: RuntimeClass "nope" not found'),
    "terminating": (
        403,
        'configmaps "n" is forbidden: unable to create new content in namespace pol because it is being terminated',
    ),
}


def error_of(status: int, message: str, source: str = "app/templates/web.yaml") -> Stage6Error:
    refused = Refused(
        subject="Deployment web",
        kind="Deployment",
        name="web",
        namespace="shop",
        source=source,
        status=status,
        message=message,
    )
    return refusal_error(refused)


@pytest.mark.parametrize("case", RECORDED)
def test_a_refusal_is_one_of_the_chart_or_of_a_rule_with_a_next_step(case: str) -> None:
    status, message, code, hint = RECORDED[case]
    error = error_of(status, message)
    assert isinstance(error, PreconditionError)
    assert (error.code, error.where) == (code, "app/templates/web.yaml")
    assert hint in error.hint
    assert "{" not in error.hint
    assert "Deployment web" in error.message


@pytest.mark.parametrize("case", PASSING)
def test_what_may_pass_is_no_refusal(case: str) -> None:
    status, message, code = PASSING[case]
    error = error_of(status, message)
    assert isinstance(error, CannotTellError)
    assert error.code == code
    assert error.unreachable == (code == "DRY_RUN_FAILED" and status != 429)


@pytest.mark.parametrize("case", UNCHECKED)
def test_what_says_nothing_of_a_deploy_is_not_checked(case: str) -> None:
    rule = classify(*UNCHECKED[case])
    assert rule
    assert (rule.meaning, bool(rule.hint)) == (Meaning.UNCHECKED, True)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            'Job.batch "j" is invalid: spec.template: Invalid value: {"Env":[{"Value":"a: x"}]}: field is immutable',
            'Job.batch "j" is invalid: spec.template: field is immutable',
        ),
        (
            'Service "v" is invalid: a: Invalid value: ["None"]: may not change',
            'Service "v" is invalid: a: may not change',
        ),
        ('Job "j" is invalid: a: Invalid value: {"cut of', 'Job "j" is invalid: a: …'),
        ("a is invalid: b: Invalid value: -1: too small", "a is invalid: b: Invalid value: -1: too small"),
        ("two\n  lines", "two lines"),
    ],
)
def test_an_object_in_a_sentence_is_left_out(message: str, shown: str) -> None:
    assert without_values(message) == shown


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ('failed: .spec.containers[name="main"].imag: field not declared in schema', "spec.containers.imag"),
        ('x "y" is invalid: spec.ports[0].port: Required value', "spec.ports.port"),
        ('x "y" is invalid: [spec.a: Required value, spec.b: Required value]', "spec.a"),
        ('x "y" is invalid: []: Too long: may not be more than 1048576 bytes', ""),
        ("nothing", ""),
    ],
)
def test_the_field_that_is_wrong_is_known(message: str, field: str) -> None:
    assert field_of(message) == field


def test_an_object_of_the_cluster_has_no_namespace_in_its_command() -> None:
    refused = Refused(
        subject="PriorityClass p",
        kind="PriorityClass",
        name="p",
        namespace="",
        source="",
        status=422,
        message="x is immutable",
    )
    assert refusal_error(refused).hint.endswith("kubectl delete priorityclass p")
    assert refusal_error(refused).where == "PriorityClass p"
