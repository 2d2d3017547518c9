"""What objects make beside themselves: the Secrets of operators, the claims of StatefulSets, the kinds of CRDs."""

from collections.abc import Callable, Iterator

from jetscale_cicd.decide.fields import Object, annotation, part, parts, text, whole, words
from jetscale_cicd.decide.needs.need import OF_THE_CORE, Thing
from jetscale_cicd.model.record import frozen

Keys = frozenset[str] | None
_TLS_KEYS = frozenset({"tls.crt", "tls.key", "ca.crt"})
_MOST_REPLICAS = 100
_TLS = "kubernetes.io/tls"
# Keys and type are the operator's matter: group and kind to the path of the Secret's name; () is the object's own.
_OPERATORS: dict[tuple[str, str], tuple[str, ...]] = {
    ("kafka.strimzi.io", "KafkaUser"): (),
    ("objectbucket.io", "ObjectBucketClaim"): (),
    ("onepassword.com", "OnePasswordItem"): (),
    ("secrets.doppler.com", "DopplerSecret"): ("spec", "managedSecret", "name"),
    ("secrets.infisical.com", "InfisicalSecret"): ("spec", "managedSecretReference", "secretName"),
    ("spv.no", "AzureKeyVaultSecret"): ("spec", "output", "secret", "name"),
    **{
        ("secrets.hashicorp.com", kind): ("spec", "destination", "name")
        for kind in ("VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret", "HCPVaultSecretsApp")
    },
}


@frozen
class Product:
    """One object that another one makes.

    Args:
        keys: of a Secret or a ConfigMap; None where they are not known.
        type: of a Secret; "" where it is not known.
        merges: the keys are added to what somebody else makes.
    """

    thing: Thing
    keys: Keys = None
    type: str = ""
    merges: bool = False


def products(document: Object, this: Thing) -> Iterator[Product]:
    """An object, and what comes of it.

    Args:
        this: the object itself.
    """
    yield _itself(document, this)
    if read := _READERS.get((this.group, this.kind)):
        yield from read(document, this)
    if name := text(part(document, "spec", "writeConnectionSecretToRef"), "name"):  # Crossplane
        yield _secret(this, name)
    path = _OPERATORS.get((this.group, this.kind))
    if path is not None and (name := text(part(document, *path[:-1]), path[-1]) if path else this.name):
        yield _secret(this, name)


def replicated(document: Object, this: Thing, namespace: str) -> Iterator[Product]:
    """What comes to the namespace of the release of an object that lies in none.

    Args:
        namespace: of the release.
    """
    if (this.group, this.kind) == ("external-secrets.io", "ClusterExternalSecret"):
        spec = part(document, "spec")
        name = text(spec, "externalSecretName") or this.name
        copied = Thing(this.group, "ExternalSecret", namespace, name)
        yield from _of_external_secret({"spec": part(spec, "externalSecretSpec")}, copied)


def kinds_of(document: Object) -> Iterator[tuple[str, str]]:
    """API version and kind of each version that a CRD serves."""
    spec = part(document, "spec")
    group, kind = text(spec, "group"), text(part(spec, "names"), "kind")
    for each in parts(spec, "versions"):
        if each.get("served") is not False:
            yield f"{group}/{text(each, 'name')}", kind


def _itself(document: Object, this: Thing) -> Product:
    if this.group != OF_THE_CORE or this.kind not in ("Secret", "ConfigMap"):
        return Product(this)
    if text(document, "type") == "kubernetes.io/service-account-token":  # filled in by Kubernetes
        return Product(this, None, text(document, "type"))
    keys = frozenset(key for field in ("data", "stringData", "binaryData") for key in part(document.get(field)))
    return Product(this, keys, (text(document, "type") or "Opaque") if this.kind == "Secret" else "")


def _of_external_secret(document: Object, this: Thing) -> Iterator[Product]:
    target = part(document, "spec", "target")
    if text(target, "creationPolicy") == "None":
        return
    template = part(target, "template")
    keys = {text(each, "secretKey") for each in parts(part(document, "spec"), "data")} - {""}
    own = frozenset(part(template, "data"))
    whole: Keys = frozenset(own if own and text(template, "mergePolicy") != "Merge" else keys | own)
    if part(document, "spec").get("dataFrom") or template.get("templateFrom"):
        whole = None
    name = text(target, "name") or this.name
    secret, merges = Thing(OF_THE_CORE, "Secret", this.namespace, name), text(target, "creationPolicy") == "Merge"
    yield Product(secret, whole, text(template, "type") or "Opaque", merges)


def _of_sealed_secret(document: Object, this: Thing) -> Iterator[Product]:
    spec = part(document, "spec")
    keys = frozenset(part(spec, "encryptedData")) | frozenset(part(spec, "template", "data"))
    yield _secret(this, this.name, keys, text(part(spec, "template"), "type") or "Opaque")


def _of_certificate(document: Object, this: Thing) -> Iterator[Product]:
    if name := text(part(document, "spec"), "secretName"):
        stores = part(document, "spec", "keystores")
        formats = part(document, "spec").get("additionalOutputFormats")
        yield _secret(this, name, None if stores or formats else _TLS_KEYS, _TLS)


def _of_ingress(document: Object, this: Thing) -> Iterator[Product]:
    """Its certificates, where cert-manager is asked for them (cert-manager.io, "Annotated Ingress resource")."""
    names = ("cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme")
    if any(annotation(document, name) not in ("", "false") for name in names):
        for each in parts(part(document, "spec"), "tls"):
            yield _secret(this, text(each, "secretName"), _TLS_KEYS, _TLS)


def _of_gateway(document: Object, this: Thing) -> Iterator[Product]:
    if annotation(document, "cert-manager.io/cluster-issuer") or annotation(document, "cert-manager.io/issuer"):
        for listener in parts(part(document, "spec"), "listeners"):
            for each in parts(part(listener, "tls"), "certificateRefs"):
                yield _secret(this, text(each, "name"), _TLS_KEYS, _TLS)


def _of_service(document: Object, this: Thing) -> Iterator[Product]:
    if name := annotation(document, "service.beta.openshift.io/serving-cert-secret-name"):
        yield _secret(this, name, _TLS_KEYS, _TLS)


def _of_provider_class(document: Object, this: Thing) -> Iterator[Product]:
    for each in parts(part(document, "spec"), "secretObjects"):
        keys = frozenset(text(item, "key") for item in parts(each, "data"))
        yield _secret(this, text(each, "secretName"), keys, text(each, "type"))


def _of_bucket(_: Object, this: Thing) -> Iterator[Product]:
    yield Product(Thing(OF_THE_CORE, "ConfigMap", this.namespace, this.name))


def _of_postgres(_: Object, this: Thing) -> Iterator[Product]:
    """CloudNativePG names them after its cluster."""
    for end in ("app", "superuser", "ca", "server", "replication"):
        yield _secret(this, f"{this.name}-{end}")


def _of_stateful_set(document: Object, this: Thing) -> Iterator[Product]:
    spec = part(document, "spec")
    replicas, start = whole(spec, "replicas"), whole(spec, "ordinals", "start") or 0
    for each in parts(spec, "volumeClaimTemplates"):
        name = text(part(each, "metadata"), "name")
        for number in range(start, start + min(1 if replicas is None else replicas, _MOST_REPLICAS)):
            yield Product(Thing(OF_THE_CORE, "PersistentVolumeClaim", this.namespace, f"{name}-{this.name}-{number}"))


def _of_job(document: Object, this: Thing) -> Iterator[Product]:
    """The certificate of a webhook, which a Job of kube-webhook-certgen makes as a hook before."""
    for container in parts(part(document, "spec", "template", "spec"), "containers"):
        given = (*words(container.get("command")), *words(container.get("args")))
        names = [each.partition("=")[2] for each in given if each.startswith("--secret-name=")]
        yield from (_secret(this, name) for name in names if name and "create" in given)


def _of_volume(document: Object, _: Thing) -> Iterator[Product]:
    """A class that only pairs claims with volumes that are made by people needs no StorageClass, nor does none."""
    yield Product(Thing("storage.k8s.io", "StorageClass", "", text(part(document, "spec"), "storageClassName")))


def _of_default(document: Object, this: Thing) -> Iterator[Product]:
    for name in DEFAULT_CLASS.get(this.kind, ()):
        if annotation(document, name) == "true":
            yield Product(this._replace(name=""))


def _secret(this: Thing, name: str, keys: Keys = None, of_type: str = "") -> Product:
    return Product(Thing(OF_THE_CORE, "Secret", this.namespace, name), keys, of_type)


# Annotations that make a class the default one of its kind.
DEFAULT_CLASS = {
    "IngressClass": ("ingressclass.kubernetes.io/is-default-class",),
    "StorageClass": (
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ),
}
_READERS: dict[tuple[str, str], Callable[[Object, Thing], Iterator[Product]]] = {
    ("external-secrets.io", "ExternalSecret"): _of_external_secret,
    ("bitnami.com", "SealedSecret"): _of_sealed_secret,
    ("cert-manager.io", "Certificate"): _of_certificate,
    ("networking.k8s.io", "Ingress"): _of_ingress,
    ("gateway.networking.k8s.io", "Gateway"): _of_gateway,
    (OF_THE_CORE, "Service"): _of_service,
    (OF_THE_CORE, "PersistentVolume"): _of_volume,
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass"): _of_provider_class,
    ("objectbucket.io", "ObjectBucketClaim"): _of_bucket,
    ("postgresql.cnpg.io", "Cluster"): _of_postgres,
    ("apps", "StatefulSet"): _of_stateful_set,
    ("batch", "Job"): _of_job,
    ("networking.k8s.io", "IngressClass"): _of_default,
    ("storage.k8s.io", "StorageClass"): _of_default,
}
