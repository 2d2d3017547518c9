"""What the pods of a manifest need before they start."""

from collections.abc import Iterator

from jetscale_cicd.decide.fields import Object, part, parts, text
from jetscale_cicd.decide.needs.need import OF_THE_CORE, Need, Thing, Use, User
from jetscale_cicd.model.record import frozen, replace

DEFAULT_ACCOUNT = "default"
# Made by Kubernetes in every namespace.
ROOT_CA = "kube-root-ca.crt"
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_PRIORITIES = "scheduling.k8s.io"
# Of an installation of Kubernetes itself.
_ALWAYS_THERE = ("system-cluster-critical", "system-node-critical")
# Devices of a pod (Kubernetes API, core/v1 PodResourceClaim).
_CLAIMS = {"resourceClaimName": "ResourceClaim", "resourceClaimTemplateName": "ResourceClaimTemplate"}
_SECRETS_STORE = "secrets-store.csi.k8s.io"
# Volumes of storage drivers that name a Secret, and the field that does (Kubernetes API, core/v1 Volume).
_DRIVERS = {
    "azureFile": "",
    **dict.fromkeys(("cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"), "secretRef"),
    "csi": "nodePublishSecretRef",
}


@frozen
class PodSpec:
    """The pods that an object makes: their spec, and the namespace in which they are."""

    spec: Object
    user: User

    def needs(self) -> Iterator[Need]:
        """What they need, optional or not."""
        yield from self._of_the_pod()
        for each in self._containers():
            yield from self._of_container(each)
        mounted = {text(mount, "name") for each in self._containers() for mount in _mounts(each)}
        for volume in parts(self.spec, "volumes"):
            name = text(volume, "name")
            yield from self._of_claim(volume, name)
            if name in mounted:  # kubelet leaves out a volume that no container mounts
                yield from self._of_volume(volume, name)

    def _of_the_pod(self) -> Iterator[Need]:
        account = text(self.spec, "serviceAccountName") or text(self.spec, "serviceAccount")
        if account not in ("", DEFAULT_ACCOUNT):
            yield self._need(self._thing("ServiceAccount", account), Use.ACCOUNT)
        for each in parts(self.spec, "imagePullSecrets"):
            if name := text(each, "name"):
                yield self._need(self._thing("Secret", name), Use.PULL)
        priority, runtime = text(self.spec, "priorityClassName"), text(self.spec, "runtimeClassName")
        if priority and priority not in _ALWAYS_THERE:
            yield self._need(Thing(_PRIORITIES, "PriorityClass", "", priority), Use.PRIORITY)
        for each in parts(self.spec, "resourceClaims"):
            for field, kind in _CLAIMS.items():
                if name := text(each, field):
                    thing = Thing("resource.k8s.io", kind, self.user.namespace, name)
                    yield self._need(thing, Use.VOLUME, text(each, "name"))
        if runtime:
            yield self._need(Thing("node.k8s.io", "RuntimeClass", "", runtime), Use.RUNTIME)

    def _containers(self) -> Iterator[Object]:
        for key in _CONTAINERS:
            yield from parts(self.spec, key)

    def _of_container(self, container: Object) -> Iterator[Need]:
        name = text(container, "name")
        for variable in parts(container, "env"):
            source = part(variable, "valueFrom")
            for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
                for need in self._reference(part(source, field), kind, Use.ENV, text(variable, "name")):
                    yield replace(need, container=name)
        for each in parts(container, "envFrom"):
            for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                for need in self._reference(part(each, field), kind, Use.ENV_FROM):
                    yield replace(need, container=name)

    def _of_claim(self, volume: Object, name: str) -> Iterator[Need]:
        """Claims, which the scheduler wants also of a volume that is mounted nowhere."""
        if claim := text(part(volume, "persistentVolumeClaim"), "claimName"):
            yield self._need(self._thing("PersistentVolumeClaim", claim), Use.VOLUME, name)
        if template := part(volume, "ephemeral", "volumeClaimTemplate", "spec"):
            yield from storage_needs(template, self.user, name)

    def _of_volume(self, volume: Object, name: str) -> Iterator[Need]:
        secret, config_map = part(volume, "secret"), part(volume, "configMap")
        yield from self._files({**secret, "name": secret.get("secretName")}, "Secret", name)
        yield from self._files(config_map, "ConfigMap", name)
        for source in parts(part(volume, "projected"), "sources"):
            yield from self._files(part(source, "secret"), "Secret", name)
            yield from self._files(part(source, "configMap"), "ConfigMap", name)
        for driver, field in _DRIVERS.items():
            held = part(volume, driver)
            referred = text(part(held, field), "name") if field else text(held, "secretName")
            if referred:
                yield self._need(self._thing("Secret", referred), Use.VOLUME, name)
        yield from self._of_driver(part(volume, "csi"), name)

    def _of_driver(self, csi: Object, name: str) -> Iterator[Need]:
        """A driver that mounts without a claim, which its object has to allow (kubelet, pkg/volume/csi: Ephemeral)."""
        if driver := text(csi, "driver"):
            yield self._need(Thing("storage.k8s.io", "CSIDriver", "", driver), Use.VOLUME, name)
        provider = text(csi, "volumeAttributes", "secretProviderClass")
        if driver == _SECRETS_STORE and provider:
            thing = Thing("secrets-store.csi.x-k8s.io", "SecretProviderClass", self.user.namespace, provider)
            yield self._need(thing, Use.VOLUME, name)

    def _files(self, source: Object, kind: str, volume: str) -> Iterator[Need]:
        """Each key that becomes a file; the whole where none is named."""
        name, optional = text(source, "name"), source.get("optional") is True
        if name:
            thing = self._thing(kind, name)
            keys = [text(item, "key") for item in parts(source, "items")] or [""]
            yield from (replace(self._need(thing, Use.VOLUME, volume), key=key, optional=optional) for key in keys)

    def _reference(self, reference: Object, kind: str, use: Use, detail: str = "") -> Iterator[Need]:
        if name := text(reference, "name"):
            need = self._need(self._thing(kind, name), use, detail)
            yield replace(need, key=text(reference, "key"), optional=reference.get("optional") is True)

    def _thing(self, kind: str, name: str) -> Thing:
        return Thing(OF_THE_CORE, kind, self.user.namespace, name)

    def _need(self, thing: Thing, use: Use, detail: str = "") -> Need:
        return Need(thing=thing, user=self.user, use=use, detail=detail)


def pod_spec(document: Object) -> Object:
    """The spec of the pods that an object makes; empty where it makes none.

    Of a kind that is not known, what has containers at ``spec.template.spec`` makes pods of them.
    """
    kind = text(document, "kind")
    if kind == "Pod":
        return part(document, "spec")
    if kind == "CronJob":
        return part(document, "spec", "jobTemplate", "spec", "template", "spec")
    spec = part(document, "spec", "template", "spec")
    return spec if isinstance(spec.get("containers"), list) else {}


def storage_needs(claim: Object, user: User, detail: str = "", unless: Thing | None = None) -> Iterator[Need]:
    """The class that a claim's storage is of.

    Args:
        claim: the spec of a claim.
        unless: the claim itself, which keeps its storage once it is there.
    """
    named = claim.get("storageClassName")
    if named == "" or (named is None and text(claim, "volumeName")):  # a volume that is there already
        return
    thing = Thing("storage.k8s.io", "StorageClass", "", named if isinstance(named, str) else "")
    yield Need(thing=thing, user=user, use=Use.STORAGE_CLASS, detail=detail, unless=unless)


def _mounts(container: Object) -> Iterator[Object]:
    yield from parts(container, "volumeMounts")
    yield from parts(container, "volumeDevices")
