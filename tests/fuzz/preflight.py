"""What a cluster, a kubeconfig and a chart say to the checks before a deploy."""

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

from jetscale_cicd.config.bounded_json import JsonRefused
from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.cluster.pull_secret import is_up_to_date, pull_secret
from jetscale_cicd.decide.cluster.refusals import Refused, refusal_error
from jetscale_cicd.decide.cluster.release_size import review_size
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.contract import PullSecret
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.access import check_rights
from jetscale_cicd.observe.cluster.credential_life import check_credential_life
from jetscale_cicd.observe.cluster.dry_run import check_policy
from jetscale_cicd.observe.cluster.identity import read_identity
from jetscale_cicd.observe.pull_login import read_pull_login
from jetscale_cicd.tools.api_object import read_object, warnings_in
from jetscale_cicd.tools.certificates import der_certificates, fingerprint, not_after
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.registry.login import CredentialStore
from tests.fuzz.answers import Helper
from tests.fuzz.boundary import YAML_SIGNS, Boundary, replaced
from tests.fuzz.cluster import MANIFESTS
from tests.support.archives import tgz

_SCOPE = DeployScope(namespace="n", release="app", installs=True)
_TARGET = Target(name="live")


class Answering(Kubernetes):
    """An API server that gives one answer to everything, and refuses an object with it."""

    def __init__(self, answer: bytes, message: str = "") -> None:
        super().__init__(Path("/nowhere"), Redactor.of(()))
        self.given, self.message = answer, message

    def request(self, method: str, path: str, **more: Any) -> Object:
        """The answer."""
        if self.message and method != "GET":
            raise ApiFailure(422, self.message)
        return read_object(self.given)


def kubeconfig_view(content: bytes) -> None:
    kubectl = Helper(redact=Redactor.of(()), announce=lambda _: None)
    object.__setattr__(kubectl, "answer", content)
    api = Answering(b"{}")
    check_credential_life(kubectl, {}, api, _TARGET)
    read_identity(kubectl, {}, api, "c")


def certificates(content: bytes) -> None:
    for der in (content, *der_certificates(content)):
        fingerprint(der)
        not_after(der)


def review_of_rights(content: bytes) -> None:
    check_rights(Answering(content), _SCOPE, parse_manifests(MANIFESTS, "x"))


def tried(content: bytes) -> None:
    """Manifests that are tried where they are taken, and where each is refused."""
    served = {"resources": [{"name": "secrets", "kind": "Secret", "namespaced": True}]}
    for message in ("", 'x "y" is invalid: spec.a: Invalid value: {}: no'):
        check_policy(Answering(json.dumps(served).encode(), message), _SCOPE, parse_manifests(content, "x"))


def refusal(content: bytes) -> None:
    message = replaced(content)
    list(warnings_in([message, f'299 - "{message}"']))
    for status in (0, 404, 422, 500):
        of = Refused(subject="A a", kind="A", name="a", namespace="n", source="", status=status, message=message)
        refusal_error(of)


def size(content: bytes) -> None:
    names = ("values.yaml", "templates/a.yaml", "charts/s/values.yaml", "charts/t.tgz")
    for archive in (tgz(*((f"c/{name}", content, {}) for name in names)), content):
        review_size(archive, {}, content, "n/app")


def pull_login(content: bytes) -> None:
    """The login for pulling images, of a variable; and a Secret of the cluster that is compared with it."""
    text = replaced(content)
    processes = Processes(Redactor.of(()), lambda _: None)
    for wanted in (PullSecret(name="p", environment="A"), PullSecret(name="p", environment="A", registry="r")):
        with contextlib.suppress(PreconditionError):
            env = {"A": text}
            config = read_pull_login(wanted, "x", env, CredentialStore(processes, env))
            held = pull_secret("p", "n", config)
            assert is_up_to_date(held, config)
            is_up_to_date({"data": {".dockerconfigjson": base64.b64encode(content).decode()}}, config)


def _token(claims: object) -> str:
    return f"h.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.s"


# A certificate with nothing but its times, up to 2030 (X.690).
_TIMES = b"\x17\x0d240101000000Z\x17\x0d300101000000Z"
_VALIDITY = b"\x30" + bytes([len(_TIMES)]) + _TIMES
_SIGNED = b"\x02\x01\x01\x30\x00\x30\x00" + _VALIDITY
_DER = b"\x30" + bytes([len(_SIGNED) + 2]) + b"\x30" + bytes([len(_SIGNED)]) + _SIGNED
_PEM = b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(_DER) + b"\n-----END CERTIFICATE-----\n"
_DATA = base64.b64encode(_PEM).decode()
VIEWS: list[Any] = [
    {
        "clusters": [{"cluster": {"server": "https://a", "certificate-authority-data": _DATA}}],
        "users": [{"user": user}],
    }
    for user in (
        {"token": _token({"exp": 1})},
        {"token": _token({"exp": 1767232800})},
        {"client-certificate-data": _DATA, "client-key-data": "YQ==", "password": "p"},
        {"exec": {"command": "c", "env": [{"name": "A_TOKEN", "value": "v"}]}},
        {"tokenFile": "token"},
    )
]
REVIEWS: list[Any] = [
    {"resources": [{"name": "secrets", "kind": "Secret", "namespaced": True}], "status": status}
    for status in (
        {"allowed": True},
        {"allowed": False, "evaluationError": "x not found"},
        {"allowed": False, "userInfo": {"username": "u", "groups": ["g"]}},
    )
]
REFUSALS = (
    b'Deployment.apps "web" is invalid: spec.replicas: Invalid value: {"a": "b"}: field is immutable',
    b'failed to create typed patch object (/web; apps/v1, Kind=A): .spec.a[name="m"].b: field not declared in schema',
    b'pods "p" is forbidden: exceeded quota: rq, requested: pods=1',
    b'admission webhook "a" denied the request: no',
)
DEFINITION = (
    b"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {group: g, names: {kind: K}}\n"
)
WORKLOAD = (
    b"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {generateName: s, annotations: {helm.sh/hook: pre-install}}\n"
    b"spec:\n  volumeClaimTemplates: [{metadata: {name: d}}]\n  template: {spec: {volumes: [], containers: [{}]}}\n"
)
LOGINS = (
    b'{"auths": {"r": {"auth": "dTpw"}, "s": {"username": "u", "password": "p"}, "t": {"identitytoken": "i"}}}',
    b"user:password",
)
BOUNDARIES = {
    "login for pulling images": Boundary(pull_login, LOGINS, (), (b'"auths"', b"{", b"}", b":", b'"auth"')),
    "kubeconfig as kubectl views it": Boundary(kubeconfig_view, VIEWS, pack="json"),
    "certificate": Boundary(certificates, [_DER, _PEM], (), (b"\x30", b"\x17", b"\x18", b"\x82")),
    "review of rights": Boundary(review_of_rights, REVIEWS, (JsonRefused,), pack="json"),
    "objects that are tried": Boundary(tried, [MANIFESTS, DEFINITION, WORKLOAD], (), YAML_SIGNS),
    "refusal of an object": Boundary(refusal, REFUSALS, (), (b": ", b"Invalid value: {", b'"', b"[", b"]")),
    "size of a release": Boundary(size, [b"a: {b: [1, 2]}\n", tgz(("c/values.yaml", b"a: b\n", {}))], (), YAML_SIGNS),
}
