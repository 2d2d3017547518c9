"""The CustomResourceDefinitions that come with a package, in ``crds/`` of the chart and of its subcharts."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from jetscale_cicd.decide.cluster.definition_content import completed, differences, digest_of
from jetscale_cicd.decide.cluster.helm_marks import RELEASE_NAME, RELEASE_NAMESPACE
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import Object, annotation, part, parts, text, words
from jetscale_cicd.model.record import frozen

DEFINITION = "CustomResourceDefinition"
GROUP = "apiextensions.k8s.io"
DEFINITIONS = f"/apis/{GROUP}/v1/customresourcedefinitions"
# In whose name a run applies them.
MANAGER = "stage6"
_NOT_THE_DIGEST = "its spec is not that of the package"
_MOST_MANAGERS = 3
_SHOWN = 3


@frozen(kw_only=True)
class PackagedDefinition:
    """One definition of a package.

    Args:
        digest: of its spec (``digest_of``).
        document: the definition; None where a release has recorded its digest alone.
        source: the file, as Helm names it; "" where that is not known.
    """

    name: str
    digest: str
    document: Object | None = None
    source: str = ""

    def departures(self, found: Object) -> tuple[str, ...]:
        """How what is on the cluster departs from it; () where it is as packaged."""
        if self.document is not None:
            return tuple(map(str, differences(self.document, found)))
        return () if digest_of(found) == self.digest else (_NOT_THE_DIGEST,)


def listed(departures: tuple[str, ...]) -> str:
    """A few of the fields in which a definition departs from its package, on one line."""
    more = len(departures) - _SHOWN
    return "; ".join(departures[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def packaged_in(manifests: Iterable[Manifest]) -> tuple[PackagedDefinition, ...]:
    """The definitions in ``crds/``, each name once: of two charts that have one, helm makes the first one's.

    Args:
        manifests: as helm renders them, in its order.
    """
    found: dict[str, PackagedDefinition] = {}
    for each in manifests:
        if each.is_of_crds and is_definition(each):
            document, name = each.document, each.name
            packaged = PackagedDefinition(name=name, digest=digest_of(document), document=document, source=each.source)
            found.setdefault(name, packaged)
    return tuple(found.values())


def packaged_by(release: Iterable[Manifest], digests: Mapping[str, str]) -> tuple[PackagedDefinition, ...]:
    """The definitions of a release: those of its own chart, which Helm keeps, and of subcharts what the record says.

    Args:
        release: the objects in the files that Helm keeps.
        digests: digest by name, of the record.
    """
    own = packaged_in(release)
    names = {each.name for each in own}
    more = (PackagedDefinition(name=name, digest=digest) for name, digest in digests.items() if name not in names)
    return (*own, *more)


def is_definition(manifest: Manifest) -> bool:
    """Whether an object is a CustomResourceDefinition; ``crds/`` may hold other objects, which helm makes, too."""
    return (manifest.group, manifest.kind) == (GROUP, DEFINITION)


def kind_of(document: object) -> tuple[str, str]:
    """Group and kind of what a definition defines."""
    spec = part(document, "spec")
    return text(spec, "group"), text(spec, "names", "kind")


def kinds_served_by(document: object) -> Iterator[tuple[str, str]]:
    """API version and name in the plural of what a definition serves."""
    spec = part(document, "spec")
    for version in parts(spec, "versions"):
        if version.get("served") is True:
            yield f"{text(spec, 'group')}/{text(version, 'name')}", text(spec, "names", "plural")


class Obstacle(NamedTuple):
    """Why a definition cannot become what is packaged, and what to do about that."""

    why: str
    step: str


def obstacles(packaged: object, found: Object) -> Iterator[Obstacle]:
    """Why a definition cannot be brought to what is packaged without harm, or at all."""
    name = shlex.quote(text(found, "metadata", "name"))
    if text(found, "metadata", "deletionTimestamp"):
        yield Obstacle(
            "it is being deleted, with every object of its kind", f"what delays that? kubectl describe crd {name}"
        )
    kept = {text(each, "name") for each in parts(packaged, "spec", "versions")}
    if part(found, "spec", "conversion", "webhook") and not part(packaged, "spec", "conversion") and len(kept) > 1:
        yield Obstacle(
            "somebody gave it a conversion webhook, which the package lacks: without it objects lose fields",
            f"put it into the package, or take it away first: kubectl edit crd {name}",
        )
    for version in words(found, "status", "storedVersions"):
        if version not in kept:
            yield Obstacle(
                f"objects of it are stored as {version}, which the package no longer has",
                f"keep {version} in the package (served: false is enough); or write every object anew, and take it out "
                f"of status.storedVersions: kubectl get crd {name} -o yaml",
            )
    for path in (("group",), ("scope",), ("names", "plural"), ("names", "kind")):
        before, after = text(found, "spec", *path), text(packaged, "spec", *path)
        if before != after:
            yield Obstacle(
                f"its {'.'.join(path)} is {before}, which cannot become {after}",
                "keep it as it is in the package, or give the definition another name: with it go all its objects",
            )


def release_of(found: object) -> str:
    """Namespace and name of the Helm release that has it as an object; "" where none does."""
    name, namespace = annotation(found, RELEASE_NAME), annotation(found, RELEASE_NAMESPACE)
    return f"{namespace}/{name}" if name else ""


def owner_of(found: object) -> str:
    """Who has it: a Helm release, else those who wrote its spec, the newest first; "" where nothing says so."""
    if release := release_of(found):
        return f"release {release}"
    entries = parts(found, "metadata", "managedFields")
    wrote = [each for each in entries if part(each, "fieldsV1").get("f:spec") is not None]
    wrote.sort(key=lambda each: text(each, "time"), reverse=True)
    names = dict.fromkeys(text(each, "manager") for each in wrote)
    return ", ".join([*names][:_MOST_MANAGERS])


def to_apply(packaged: Object, found: Object | None) -> Object:
    """What is sent of a definition; a certificate that an operator injected stays where the package has one, too."""
    metadata = part(packaged, "metadata")
    kept = {key: metadata[key] for key in ("name", "labels", "annotations") if metadata.get(key)}
    spec = completed(part(packaged, "spec"))
    injected = text(found, "spec", *_CLIENT, "caBundle")
    if injected and text(spec, *_CLIENT, "caBundle"):
        spec = _with_client(spec, {**part(spec, *_CLIENT), "caBundle": injected})
    return {"apiVersion": packaged.get("apiVersion"), "kind": DEFINITION, "metadata": kept, "spec": spec}


def left_behind(packaged: Object, found: Object) -> Object:
    """A JSON merge patch that takes away what the package does not have and an apply leaves: of other managers.

    Lists, and so all versions, are replaced whole by an apply; what is left are single fields of the rest.
    """
    spec, there = part(to_apply(packaged, found), "spec"), part(found, "spec")
    names = _gone(part(spec, "names"), part(there, "names"))
    patch: Object = {"names": names} if names else {}
    client = part(spec, *_CLIENT)
    if part(there, "conversion", "webhook") and not part(spec, "conversion", "webhook"):
        patch["conversion"] = {"strategy": "None", "webhook": None}
    elif gone := _gone({"caBundle": "", **client}, part(there, *_CLIENT)):  # of an address and a service one is there
        patch["conversion"] = _with_client(spec, _over(client, gone))["conversion"]
    if there.get("preserveUnknownFields") and not spec.get("preserveUnknownFields"):
        patch["preserveUnknownFields"] = False
    return {"spec": patch} if patch else {}


def to_merge(packaged: Object, found: Object) -> Object:
    """A JSON merge patch that makes of what is there what taking away and applying make of it together."""
    return _over(to_apply(packaged, found), left_behind(packaged, found))


_CLIENT = ("conversion", "webhook", "clientConfig")


def _with_client(spec: Object, client: Object) -> Object:
    conversion = part(spec, "conversion")
    return {**spec, "conversion": {**conversion, "webhook": {**part(conversion, "webhook"), "clientConfig": client}}}


def _over(one: Object, other: Object) -> Object:
    """A mapping with what another one says, at each level."""
    both = {key: _over(part(one, key), value) if isinstance(value, dict) else value for key, value in other.items()}
    return {**one, **both}


def _gone(packaged: Object, found: Object) -> Object:
    """Null for each field that is only there."""
    patch: Object = {}
    for key, value in found.items():
        if packaged.get(key) is None:
            patch[key] = None
        elif isinstance(value, dict) and (inner := _gone(part(packaged, key), value)):
            patch[key] = inner
    return patch
