"""What the manifests of a release need of their cluster: kinds, and the objects that they name."""

from collections.abc import Iterator, Sequence

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import Object, annotation, part, parts, text, whole
from jetscale_cicd.decide.needs.hooks import user_of
from jetscale_cicd.decide.needs.need import OF_THE_CORE, Need, Thing, Use, User, group_of, thing_of
from jetscale_cicd.decide.needs.pods import PodSpec, pod_spec, storage_needs
from jetscale_cicd.decide.needs.routes import GATEWAYS, INGRESS_GROUPS, LEGACY_CLASS
from jetscale_cicd.model.record import replace

_SECRETS_OPERATOR = "external-secrets.io"
_GENERATORS = "generators.external-secrets.io"
_CERTIFICATES = "cert-manager.io"
_RBAC = "rbac.authorization.k8s.io"
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")


def needs_of(manifests: Sequence[Manifest], namespace: str) -> tuple[Need, ...]:
    """Everything that the objects of a release need, in the order in which they are rendered.

    Args:
        namespace: of the release.
    """
    return tuple(need for manifest in manifests for need in _needs(manifest, namespace))


def _needs(manifest: Manifest, namespace: str) -> Iterator[Need]:
    user = user_of(manifest, namespace)
    if "skipped" in user.events:
        return
    document = manifest.document
    this = thing_of(manifest, namespace)
    if manifest.kind and manifest.api_version:
        yield Need(thing=this, user=user, use=Use.KIND, api_version=manifest.api_version)
    if this.namespace not in ("", namespace):
        yield Need(thing=Thing(OF_THE_CORE, "Namespace", "", this.namespace), user=user, use=Use.NAMESPACE)
    maker = replace(user, idle=_is_idle(document))
    if spec := pod_spec(document):
        yield from PodSpec(spec, maker).needs()
    if read := _READERS.get((this.group, this.kind)):
        yield from read(document, maker)
    if this.kind in _ROUTES and this.group == GATEWAYS:
        yield from _of_route(document, user)


def _is_idle(document: Object) -> bool:
    """Whether a workload is to make no pods now; an autoscaler, or a person, may change that at any time."""
    spec = part(document, "spec")
    return spec.get("suspend") is True or (spec.get("replicas") == 0 and "template" in spec)


def _of_stateful_set(document: Object, user: User) -> Iterator[Need]:
    replicas, start = whole(document, "spec", "replicas"), whole(document, "spec", "ordinals", "start") or 0
    number = start + max(1 if replicas is None else replicas, 1) - 1
    for each in parts(part(document, "spec"), "volumeClaimTemplates"):
        name = text(part(each, "metadata"), "name")
        last = Thing(OF_THE_CORE, "PersistentVolumeClaim", user.namespace, f"{name}-{user.name}-{number}")
        yield from storage_needs(part(each, "spec"), user, name, unless=last)


def _of_claim(document: Object, user: User) -> Iterator[Need]:
    own = Thing(OF_THE_CORE, "PersistentVolumeClaim", user.namespace, user.name)
    yield from storage_needs(part(document, "spec"), user, unless=own)


def _of_account(document: Object, user: User) -> Iterator[Need]:
    """What it pulls images with; its ``secrets`` may be absent (Kubernetes 1.24 fills none of them any more)."""
    for each in parts(document, "imagePullSecrets"):
        yield from _named("Secret", text(each, "name"), user, Use.PULL)


def _of_secret(document: Object, user: User) -> Iterator[Need]:
    """A token is made for an account; without that Kubernetes deletes it again."""
    if text(document, "type") == "kubernetes.io/service-account-token":
        yield from _named("ServiceAccount", annotation(document, Use.TOKEN), user, Use.TOKEN)


def _of_ingress(document: Object, user: User) -> Iterator[Need]:
    named, legacy = text(part(document, "spec"), "ingressClassName"), annotation(document, LEGACY_CLASS)
    thing = Thing("networking.k8s.io", "IngressClass", "", legacy or named)  # the annotation has precedence
    yield Need(thing=thing, user=user, use=Use.LEGACY_CLASS if legacy else Use.INGRESS_CLASS)
    for each in parts(part(document, "spec"), "tls"):
        yield from _certificate(text(each, "secretName"), user)
    for kind, key in (("ClusterIssuer", "cluster-issuer"), ("Issuer", "issuer")):
        if name := annotation(document, f"{_CERTIFICATES}/{key}"):
            group = annotation(document, f"{_CERTIFICATES}/issuer-group") or _CERTIFICATES
            yield from _issued(
                {"kind": annotation(document, f"{_CERTIFICATES}/issuer-kind") or kind}, name, group, user
            )


def _of_external_secret(document: Object, user: User) -> Iterator[Need]:
    spec = part(document, "spec")
    references = [part(spec, "secretStoreRef")]
    for key in ("data", "dataFrom"):
        for each in parts(spec, key):
            references.append(part(each, "sourceRef", "storeRef"))
            references.append(part(each, "sourceRef", "secretStoreRef"))
            yield from _generated(part(each, "sourceRef", "generatorRef"), user)
    for each in references:
        if name := text(each, "name"):
            kind = text(each, "kind") or "SecretStore"
            within = "" if kind == "ClusterSecretStore" else user.namespace
            yield Need(thing=Thing(_SECRETS_OPERATOR, kind, within, name), user=user, use=Use.STORE)


def _generated(reference: Object, user: User) -> Iterator[Need]:
    kind, name = text(reference, "kind"), text(reference, "name")
    if kind and name:
        within = "" if kind == "ClusterGenerator" else user.namespace
        yield Need(thing=Thing(_GENERATORS, kind, within, name), user=user, use=Use.GENERATOR)


def _of_certificate(document: Object, user: User) -> Iterator[Need]:
    issuer = part(document, "spec", "issuerRef")
    yield from _issued(issuer, text(issuer, "name"), text(issuer, "group") or _CERTIFICATES, user)


def _issued(issuer: Object, name: str, group: str, user: User) -> Iterator[Need]:
    kind = text(issuer, "kind") or "Issuer"
    within = "" if kind.startswith("Cluster") else user.namespace
    if name and group == _CERTIFICATES:  # whose other issuers lie where is not known
        yield Need(thing=Thing(group, kind, within, name), user=user, use=Use.ISSUER)


def _of_autoscaler(document: Object, user: User) -> Iterator[Need]:
    scaled = part(document, "spec", "scaleTargetRef")
    kind, name = text(scaled, "kind") or "Deployment", text(scaled, "name")
    group = group_of(text(scaled, "apiVersion") or "apps/v1")
    if name:
        yield Need(thing=Thing(group, kind, user.namespace, name), user=user, use=Use.SCALED)


def _of_binding(document: Object, user: User) -> Iterator[Need]:
    role = part(document, "roleRef")
    kind, name = text(role, "kind"), text(role, "name")
    if kind in ("Role", "ClusterRole") and name:
        within = user.namespace if kind == "Role" else ""
        yield Need(thing=Thing(_RBAC, kind, within, name), user=user, use=Use.ROLE)


def _of_gateway(document: Object, user: User) -> Iterator[Need]:
    if name := text(part(document, "spec"), "gatewayClassName"):
        yield Need(thing=Thing(GATEWAYS, "GatewayClass", "", name), user=user, use=Use.PARENT)
    for listener in parts(part(document, "spec"), "listeners"):
        for each in parts(part(listener, "tls"), "certificateRefs"):
            if text(each, "namespace") in ("", user.namespace) and (text(each, "kind") or "Secret") == "Secret":
                yield from _certificate(text(each, "name"), user)


def _of_route(document: Object, user: User) -> Iterator[Need]:
    for each in parts(part(document, "spec"), "parentRefs"):
        group = text(each, "group") if "group" in each else GATEWAYS
        thing = Thing(
            group, text(each, "kind") or "Gateway", text(each, "namespace") or user.namespace, text(each, "name")
        )
        if thing.name:
            yield Need(thing=thing, user=user, use=Use.PARENT)


def _certificate(name: str, user: User) -> Iterator[Need]:
    for key in ("tls.crt", "tls.key"):
        yield from (replace(need, key=key) for need in _named("Secret", name, user, Use.TLS))


def _named(kind: str, name: str, user: User, use: Use) -> Iterator[Need]:
    if name:
        yield Need(thing=Thing(OF_THE_CORE, kind, user.namespace, name), user=user, use=use)


_READERS = {
    ("apps", "StatefulSet"): _of_stateful_set,
    (OF_THE_CORE, "PersistentVolumeClaim"): _of_claim,
    (OF_THE_CORE, "ServiceAccount"): _of_account,
    (OF_THE_CORE, "Secret"): _of_secret,
    **{(group, "Ingress"): _of_ingress for group in INGRESS_GROUPS},
    (_SECRETS_OPERATOR, "ExternalSecret"): _of_external_secret,
    (_CERTIFICATES, "Certificate"): _of_certificate,
    ("autoscaling", "HorizontalPodAutoscaler"): _of_autoscaler,
    ("keda.sh", "ScaledObject"): _of_autoscaler,
    (_RBAC, "RoleBinding"): _of_binding,
    (_RBAC, "ClusterRoleBinding"): _of_binding,
    (GATEWAYS, "Gateway"): _of_gateway,
}
