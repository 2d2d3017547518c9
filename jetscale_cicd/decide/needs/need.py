"""The records of this room: a thing that is needed, who needs it, and where it says so."""

from enum import StrEnum
from typing import NamedTuple

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.model.record import frozen

OF_THE_CORE = ""


class Thing(NamedTuple):
    """One object, whatever version of its API it is written in.

    Args:
        name: "" for the one that is the default of its kind.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.kind} {self.name}" if self.name else f"default {self.kind}"


class Use(StrEnum):
    """How something is needed, in the words of the field that says so."""

    ENV = "env"
    ENV_FROM = "envFrom"
    VOLUME = "volume"
    PULL = "imagePullSecrets"
    ACCOUNT = "serviceAccountName"
    PRIORITY = "priorityClassName"
    RUNTIME = "runtimeClassName"
    INGRESS_CLASS = "ingressClassName"
    LEGACY_CLASS = "annotation kubernetes.io/ingress.class"
    STORAGE_CLASS = "storageClassName"
    TLS = "tls"
    STORE = "secretStoreRef"
    NAMESPACE = "metadata.namespace"
    TOKEN = "kubernetes.io/service-account.name"  # noqa: S105 - the annotation of a Secret
    GENERATOR = "generatorRef"
    SCALED = "scaleTargetRef"
    ISSUER = "issuerRef"
    ROLE = "roleRef"
    PARENT = "parentRefs"
    KIND = "kind"


@frozen(kw_only=True)
class User:
    """The object of a release that needs something.

    Args:
        events: when Helm runs it as a hook; () for an object of the release.
        policies: when Helm deletes it, as a hook.
        runs: whether it waits for its pods to be done or ready, and helm waits for it.
        template: that it is from; "" where that is not written.
        idle: it is to make no pods now: it is scaled to 0, or suspended.
    """

    kind: str
    name: str
    namespace: str
    events: tuple[str, ...] = ()
    weight: int = 0
    policies: tuple[str, ...] = ()
    runs: bool = False
    template: str = ""
    idle: bool = False

    def __str__(self) -> str:
        """For people."""
        hook = f" ({', '.join(self.events)} hook)" if self.events else ""
        return f"{self.kind} {self.name}{hook}"


@frozen(kw_only=True)
class Need:
    """One thing that one object of a release needs.

    Args:
        key: of a Secret or a ConfigMap; "" where the whole of it is needed.
        api_version: of an object of the release itself, whose kind has to be served.
        optional: the workload starts without it.
        container: "" where it is needed by the object, or by the pod as a whole.
        detail: the variable, or the volume.
        unless: where this is there, nothing is needed: a claim that exists has its storage.
    """

    thing: Thing
    user: User
    use: Use
    key: str = ""
    api_version: str = ""
    optional: bool = False
    container: str = ""
    detail: str = ""
    unless: Thing | None = None

    @property
    def place(self) -> str:
        """For people: who needs it, and where that is written."""
        container = f", container {self.container}" if self.container else ""
        detail = f" {self.detail}" if self.detail else ""
        key = f" (key {self.key})" if self.key else ""
        return f"{self.user}{container}: {self.use}{detail}{key}"


def group_of(api_version: str) -> str:
    """The group of an API version; "" is the core."""
    return api_version.rpartition("/")[0]


def thing_of(manifest: Manifest, namespace: str) -> Thing:
    """What a manifest is.

    Args:
        namespace: of objects that name none.
    """
    return Thing(*manifest.identity(namespace))
