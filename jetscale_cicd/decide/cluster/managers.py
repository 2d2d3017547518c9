"""Whose hand a manager of ``managedFields`` is: a person's tool, the release's, Kubernetes' own, or another program."""

from enum import Enum, auto


class Role(Enum):
    """Whose hand it is, in the order in which they explain a field."""

    PERSON = auto()  # somebody's tool, or another program that deploys: what it adds is drift
    OTHER = auto()  # an operator, a mesh, an admission webhook: it may have every right to
    RELEASE = auto()  # helm, for this release
    KUBERNETES = auto()  # a controller of Kubernetes


# `helm` names itself, whatever the file is called (helm, cmd/helm/helm.go).
_RELEASE = frozenset({"helm"})
_KUBERNETES = frozenset({"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"})
_CLOUD = "cloud-controller-manager"
# How their names begin. A client that gives no name has that of its user agent before the first "/" (Kubernetes API,
# "Server-Side Apply", Field management): a console in a browser is `Mozilla`, and a script is its library.
_PERSON = (
    *("kubectl", "oc-", "k9s", "lens", "openlens", "freelens", "headlamp", "node-fetch", "mozilla", "dashboard"),
    *("kubernetes-dashboard", "googlecloudconsole", "curl", "wget", "httpie", "postman", "python", "openapi-generator"),
    # Programs that deploy, and are not this one.
    *("argocd", "kustomize-controller", "helm-controller", "flux", "terraform", "hashicorp", "pulumi", "ansible"),
    *("skaffold", "werf", "nelm", "kapp", "tilt", "before-first-apply"),
)
_PERSONS = frozenset({"oc"})
_STATUS = "status"


def role_of(manager: str, subresource: str = "") -> Role:
    """Whose hand a manager is.

    Args:
        subresource: through which it wrote; only a controller writes a status.
    """
    name = manager.lower()
    if subresource == _STATUS or name in _KUBERNETES or name.endswith(_CLOUD):
        return Role.KUBERNETES
    if name in _RELEASE:
        return Role.RELEASE
    return Role.PERSON if name in _PERSONS or name.startswith(_PERSON) else Role.OTHER
