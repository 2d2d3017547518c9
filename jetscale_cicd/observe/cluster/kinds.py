"""The kinds that an API server serves, each version of a group asked for once."""

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.served import Resource, Served
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

# RFC 1123 names, as groups and versions have them.
_NAMES = re.compile(r"[a-z0-9][a-z0-9.-]*(?:/[a-z0-9]+)?")


@dataclass
class Kinds:
    """The kinds of the versions that were asked for; a version that could not be read is told each time."""

    api: Kubernetes
    known: dict[str, dict[str, Resource] | ApiFailure] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def load(self, versions: Iterable[str]) -> None:
        """Ask for several versions, side by side."""
        each_beside(self._of, dict.fromkeys(versions))

    def served(self, manifests: Iterable[Manifest]) -> Served:
        """The kinds of manifests, without those that are not served.

        Raises:
            ApiFailure: a list could not be read.
        """
        wanted = dict.fromkeys((each.api_version, each.kind) for each in manifests)
        self.load(version for version, _ in wanted)
        found = {key: self._of(key[0]).get(key[1]) for key in wanted}
        return {key: resource for key, resource in found.items() if resource}

    def resource(self, manifest: Manifest) -> Resource:
        """Where the objects of a manifest's kind are.

        Raises:
            ApiFailure: the server does not serve it, or the list cannot be read.
        """
        found = self._of(manifest.api_version).get(manifest.kind)
        if found is None:
            raise ApiFailure(404, f'no matches for kind "{manifest.kind}" in version "{manifest.api_version}"')
        return found

    def path(self, manifest: Manifest, namespace: str) -> str:
        """Path of an object.

        Args:
            namespace: where its manifest names none.

        Raises:
            ApiFailure: as ``resource``.
        """
        return f"{self.collection(manifest, namespace)}/{quote(manifest.name, safe='')}"

    def collection(self, manifest: Manifest, namespace: str) -> str:
        """Path of the objects of its kind, in its namespace.

        Raises:
            ApiFailure: as ``resource``.
        """
        resource = self.resource(manifest)
        within = f"/namespaces/{quote(manifest.namespace or namespace, safe='')}" if resource.namespaced else ""
        return f"{_base(manifest.api_version)}{within}/{resource.name}"

    def versions(self, group: str) -> tuple[str, ...]:
        """The versions of a group, the preferred one first; none where it has none, or they cannot be read."""
        if not _NAMES.fullmatch(group):
            return ()
        try:
            answer = self.api.request("GET", f"/apis/{group}")
        except ApiFailure:
            return ()
        entries = answer.get("versions")
        listed = (
            [each.get("version") for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
        )
        return tuple(each for each in listed if isinstance(each, str))

    def _of(self, version: str) -> dict[str, Resource]:
        """The kinds of a version; none where the server does not know it."""
        with self._lock:
            found = self.known.get(version)
        if found is None:
            found = self._asked(version)
            with self._lock:
                self.known[version] = found
        if isinstance(found, ApiFailure):
            raise found
        return found

    def _asked(self, version: str) -> dict[str, Resource] | ApiFailure:
        if not _NAMES.fullmatch(version):  # a chart says what it likes, and this becomes a path
            return {}
        try:
            answer = self.api.request("GET", _base(version))
        except ApiFailure as failed:
            return {} if failed.status == 404 else failed
        return dict(_resources(version, answer))


def _base(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _resources(version: str, answer: Object) -> Iterator[tuple[str, Resource]]:
    """Those of its entries that are resources: parts such as ``deployments/scale`` are left out."""
    group, _, number = version.rpartition("/")
    entries = answer.get("resources")
    for each in entries if isinstance(entries, list) else ():
        name, kind = (each.get("name"), each.get("kind")) if isinstance(each, dict) else (None, None)
        if isinstance(name, str) and isinstance(kind, str) and "/" not in name:
            yield kind, Resource(group, number, name, each.get("namespaced") is True)
