"""What the API server refuses is kept as data: the reason and the causes of its Status object."""

import json
from pathlib import Path

import pytest

from jetscale_cicd.tools.kubernetes import Kubernetes
from jetscale_cicd.tools.redact import Redactor

# As kube-apiserver v1.33 answers.
QUOTA = {
    "kind": "Status",
    "message": 'leases.coordination.k8s.io "stage6-app" is forbidden: exceeded quota: q, requested: count/leases=1',
    "reason": "Forbidden",
    "details": {"name": "stage6-app", "group": "coordination.k8s.io", "kind": "leases"},
    "code": 403,
}
TERMINATING = {
    "kind": "Status",
    "message": 'leases.coordination.k8s.io "stage6-app" is forbidden: unable to create new content in namespace shop',
    "reason": "Forbidden",
    "details": {
        "name": "stage6-app",
        "kind": "leases",
        "causes": [
            {
                "reason": "NamespaceTerminating",
                "message": "namespace is being terminated",
                "field": "metadata.namespace",
            }
        ],
    },
    "code": 403,
}
FORBIDDEN = {
    "kind": "Status",
    "message": 'leases.coordination.k8s.io is forbidden: User "ci" cannot create resource "leases"',
    "reason": "Forbidden",
    "details": {"group": "coordination.k8s.io", "kind": "leases"},
    "code": 403,
}


@pytest.fixture
def api() -> Kubernetes:
    return Kubernetes(Path("api"), Redactor())


@pytest.mark.parametrize(
    ("document", "causes", "name"),
    [
        (QUOTA, (), "stage6-app"),
        (TERMINATING, ("NamespaceTerminating",), "stage6-app"),
        (FORBIDDEN, (), ""),
    ],
)
def test_a_status_object_is_kept(api: Kubernetes, document: object, causes: tuple[str, ...], name: str) -> None:
    failed = api._failure(403, json.dumps(document).encode())
    assert (failed.status, failed.reason, failed.causes, failed.name) == (403, "Forbidden", causes, name)
    assert failed.namespace_terminating is bool(causes)


@pytest.mark.parametrize("answer", [b"Bad Gateway", b"[]", b'"no"', b'{"message": "m", "details": 1}', b'{"code": 1}'])
def test_an_answer_that_is_no_status_object_is_text(api: Kubernetes, answer: bytes) -> None:
    failed = api._failure(502, answer)
    assert (failed.status, failed.reason, failed.causes) == (502, "", ())
    assert failed.message == answer.decode()
    assert failed.unreachable
