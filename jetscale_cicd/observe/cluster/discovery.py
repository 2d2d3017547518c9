"""The kinds that an API server serves, as it lists them itself."""

from collections.abc import Iterator

from jetscale_cicd.decide.fields import Object, part, parts, text, words
from jetscale_cicd.decide.needs.inventory import Resource
from jetscale_cicd.observe.cluster.capabilities import DISCOVERY
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

_STALE = "Stale"


def served_resources(api: Kubernetes) -> tuple[tuple[Resource, ...], frozenset[str]]:
    """Every kind, the preferred version of each group first; and the API versions that are known by name alone.

    Raises:
        ApiFailure: the API server does not say.
    """
    found: list[Resource] = []
    unlisted: set[str] = set()
    for path in ("/api", "/apis"):
        answer = api.request("GET", path, accept=DISCOVERY)
        if answer.get("kind") == "APIGroupDiscoveryList":
            found += _of_groups(answer, unlisted)
        else:
            found += _of_versions(api, path, answer, unlisted)
    return tuple(found), frozenset(unlisted)


def _of_groups(answer: Object, unlisted: set[str]) -> Iterator[Resource]:
    for group in parts(answer, "items"):
        for version in parts(group, "versions"):
            name = f"{text(part(group, 'metadata'), 'name')}/{text(version, 'version')}".lstrip("/")
            if text(version, "freshness") == _STALE:  # an aggregated API that does not answer
                unlisted.add(name)
            for each in parts(version, "resources"):
                kind = text(part(each, "responseKind"), "kind")
                namespaced = text(each, "scope") == "Namespaced"
                yield Resource(name, kind, text(each, "resource"), namespaced, words(each.get("verbs")))


def _of_versions(api: Kubernetes, path: str, answer: Object, unlisted: set[str]) -> Iterator[Resource]:
    """One list for each version, before Kubernetes 1.27."""
    groups = [text(each, "groupVersion") for group in parts(answer, "groups") for each in parts(group, "versions")]
    for version in words(answer.get("versions")) or [each for each in groups if each]:
        try:
            listed = api.request("GET", f"{path}/{version}")
        except ApiFailure as failed:
            if failed.status == 401:
                raise
            unlisted.add(version)
            continue
        for each in parts(listed, "resources"):
            if "/" not in text(each, "name"):
                namespaced = each.get("namespaced") is True
                yield Resource(version, text(each, "kind"), text(each, "name"), namespaced, words(each.get("verbs")))
