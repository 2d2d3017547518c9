"""Rendered manifests as objects: what identifies each, which template it is from, and which is rendered twice."""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from jetscale_cicd.config.bounded_yaml import load_stream
from jetscale_cicd.decide.cluster.helm_marks import (
    BEFORE_CREATION,
    EVENTS,
    HOOK,
    HOOK_DELETE_POLICY,
    RESOURCE_POLICY,
    keeps,
    listed,
)
from jetscale_cicd.decide.fields import annotation, part
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import field, frozen

Key = tuple[str, str, str, str]
# `helm template` writes the template above each object.
_SOURCE = re.compile(r"(?m)^# Source: (.*[^ \r\n])")
# Kinds of Kubernetes itself and of common operators without a namespace; whatever namespace a manifest of theirs names,
# they are one object.
_OF_THE_CLUSTER = frozenset(
    {
        *("APIService", "CSIDriver", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass"),
        *("MutatingWebhookConfiguration", "Namespace", "PersistentVolume", "PriorityClass", "RuntimeClass"),
        *("StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
        *("ValidatingWebhookConfiguration", "ClusterIssuer", "ClusterSecretStore", "ClusterExternalSecret"),
        "GatewayClass",
    }
)


@frozen
class Manifest:
    """One object: what identifies it, its document, and the template that it is from, "" where that is not written."""

    api_version: str
    kind: str
    namespace: str
    name: str
    document: dict[str, object]
    source: str = field(default="", compare=False)

    @property
    def key(self) -> Key:
        """API version, kind, namespace, name."""
        return (self.api_version, self.kind, self.namespace, self.name)

    @property
    def hook(self) -> str:
        """When Helm runs it as a hook; "" where it is an object of the release."""
        return annotation(self.document, HOOK)

    @property
    def events(self) -> tuple[str, ...]:
        """The events of a hook, in Helm's words; () of an object of the release, and of a hook that Helm skips.

        It skips a hook with any event that it does not know (helm 3.22, pkg/releaseutil/manifest_sorter.go).
        """
        events = listed(self.hook)
        return events if EVENTS.issuperset(events) else ()

    @property
    def delete_policies(self) -> tuple[str, ...]:
        """When Helm deletes a hook (helm 3.22, pkg/action/hooks.go)."""
        return listed(annotation(self.document, HOOK_DELETE_POLICY)) or ((BEFORE_CREATION,) if self.hook else ())

    @property
    def is_generated(self) -> bool:
        """Whether the API server completes its name (``generateName``)."""
        return not part(self.document, "metadata").get("name")

    @property
    def is_kept(self) -> bool:
        """Whether Helm leaves it where it is once its release has it no more."""
        return keeps(annotation(self.document, RESOURCE_POLICY))

    @property
    def is_of_crds(self) -> bool:
        """Whether it is of ``crds/``, which Helm installs with the first revision and never changes."""
        return is_of_crds(self.source)

    @property
    def group(self) -> str:
        """The group of its API version; "" is the core."""
        return self.api_version.rpartition("/")[0]

    def identity(self, namespace: str) -> Key:
        """What the API server takes for one object: group, kind, namespace, name.

        Args:
            namespace: of objects that name none.
        """
        within = "" if self.kind in _OF_THE_CLUSTER else self.namespace or namespace
        return (self.group, self.kind, within, self.name)


def parse_manifests(rendered: bytes, where: str) -> tuple[Manifest, ...]:
    """Objects of a stream of YAML documents.

    Raises:
        ConfigurationError: ``MANIFESTS``, helm rendered something that is no YAML mapping.
    """
    manifests: list[Manifest] = []
    source = root = ""
    for document in load_stream(rendered, where, "MANIFESTS"):
        found = _SOURCE.search(document.head)
        # A file of crds/ with several documents has one line, and may have been rendered from another chart itself.
        if found and (not is_of_crds(source) or found[1].partition("/")[0] == root):
            source = found[1]
            root = source.partition("/")[0]
        manifests += [_manifest(each, source) for each in _objects(document.value)] if document.value else []
    return tuple(manifests)


def check_rendered_once(manifests: Sequence[Manifest], target: str, namespace: str) -> None:
    """Refuse a release that renders one object twice, which Helm cannot install.

    Helm 3 fails at the second one, after it has created others; helm 4 applies both, so that the last one stays
    (measured against an API server). A hook may have the name of another, because Helm deletes that before; and of
    ``crds/`` Helm skips what exists.

    Args:
        target: name of the target.
        namespace: of objects that name none.

    Raises:
        ConfigurationError: ``OBJECT_TWICE``, with both templates.
    """
    seen: dict[Key, Manifest] = {}
    for manifest in manifests:
        if manifest.hook or manifest.is_generated or manifest.is_of_crds:
            continue
        first = seen.setdefault(manifest.identity(namespace), manifest)
        if first is not manifest:
            templates = sorted({first.source, manifest.source})
            both = f"by {' and by '.join(templates)}" if len(templates) > 1 else f"twice by {templates[0]}"
            raise ConfigurationError(
                "OBJECT_TWICE",
                f"target {target}: {manifest.kind} {manifest.name} is rendered {both}, and a release has it once",
                where=f"target {target}: {', '.join(templates)}",
                hint="give one of them another name in the values, or switch one of them off",
            )


def is_of_crds(source: str) -> bool:
    """Whether a template is of ``crds/``, of the chart or of a subchart, which only a first install applies."""
    return source.rpartition("/charts/")[2].partition("/")[2].startswith("crds/")


def secrets_in(manifests: Sequence[Manifest], is_secret_name: Callable[[str], bool]) -> Iterator[str]:
    """Every value that a Secret holds, decoded too, and that a workload's environment has under a secret's name."""
    for manifest in manifests:
        yield from _secrets(manifest.document, is_secret_name)


def _secrets(value: object, is_secret_name: Callable[[str], bool]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _secrets(item, is_secret_name)
    elif isinstance(value, dict):
        name, content = value.get("name"), value.get("value")
        if isinstance(name, str) and isinstance(content, str) and is_secret_name(name):
            yield content
        for key, item in value.items():
            if value.get("kind") == "Secret" and is_payload(key) and isinstance(item, dict):
                for held in map(str, item.values()):
                    yield held
                    with suppress(ValueError):  # no base64, or no text
                        yield base64.b64decode(held, validate=True).decode()
            else:
                yield from _secrets(item, is_secret_name)


def _objects(document: dict[str, object]) -> Iterator[dict[str, object]]:
    """The object, or those of a List: helm and kubectl take a List apart too, and a SecretList's items need no kind."""
    kind, items = str(document.get("kind", "")), document.get("items")
    if not kind.endswith("List") or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        yield document
        return
    inherited = {"apiVersion": document.get("apiVersion", ""), "kind": kind.removesuffix("List")}
    for item in items:
        yield from _objects({**(inherited if inherited["kind"] else {}), **item})


def _manifest(document: dict[str, object], source: str) -> Manifest:
    meta = part(document, "metadata")
    return Manifest(
        str(document.get("apiVersion", "")),
        str(document.get("kind", "")),
        str(meta.get("namespace", "")),
        str(meta.get("name") or meta.get("generateName", "")),
        document,
        source,
    )


def is_payload(key: object) -> bool:
    """Whether a key of a Secret holds what is secret."""
    return str(key).lower() in ("data", "stringdata")  # a misspelt key keeps its secret
