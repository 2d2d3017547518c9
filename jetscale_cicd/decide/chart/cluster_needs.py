"""What of a chart depends on the cluster that it is rendered for, by the text of its files.

Helm gives a template ``.Capabilities`` and ``lookup``, and checks ``kubeVersion`` of Chart.yaml. Without a cluster it
takes a version and APIs of its own, and every lookup is empty (helm.sh/docs/chart_template_guide/function_list).
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from jetscale_cicd.model.capabilities import Capabilities
from jetscale_cicd.model.field_rules import API_VERSION
from jetscale_cicd.model.record import frozen

_CONSTRAINT = re.compile(rb"^kubeVersion:[ \t]*(.+)$", re.MULTILINE)
_LOOKUP = re.compile(rb"\blookup\b")
_STRING = re.compile(rb"[\"`]([^\"`\n]{1,200})[\"`]")
_COMPARISON = re.compile(rb"semverCompare\s+[\"`]([^\"`\n]{1,200})[\"`]")
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?")
_MAX_GUESSES = 8


@frozen(kw_only=True)
class ClusterNeeds:
    """What the files of a chart and of its subcharts ask of a cluster.

    Args:
        asks: whether a template reads ``.Capabilities``.
        looks_up: whether a template looks for an object on the cluster.
        constrained: whether a Chart.yaml has a ``kubeVersion``.
        kube_versions: versions of Kubernetes that constraints and comparisons name.
        api_versions: the APIs that are named in templates that read ``.Capabilities``.
    """

    asks: bool = False
    looks_up: bool = False
    constrained: bool = False
    kube_versions: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything depends on the cluster."""
        return self.asks or self.looks_up or self.constrained

    def guesses(self, known: Capabilities) -> Iterator[Capabilities]:
        """Clusters that might have all that is asked for, with what is known of the real one; the first is the best."""
        apis = known.api_versions or self.api_versions
        versions = [known.kube_version] if known.kube_version else ["", *_near(self.kube_versions)]
        for version in versions[:_MAX_GUESSES]:
            if (guess := Capabilities(version, apis)) != known:
                yield guess


def cluster_needs(files: Mapping[str, bytes]) -> ClusterNeeds:
    """What the files of a chart archive depend on.

    Args:
        files: content by path, those of subcharts too.
    """
    charts = [content for name, content in files.items() if name.rpartition("/")[2] == "Chart.yaml"]
    templates = [content for name, content in files.items() if "/templates/" in f"/{name}"]
    constraints = [found for content in charts for found in _CONSTRAINT.findall(content)]
    asking = [content for content in templates if b"Capabilities" in content]
    compared = [found for content in asking for found in _COMPARISON.findall(content)]
    literals = [found.decode("utf-8", "replace") for content in asking for found in _STRING.findall(content)]
    return ClusterNeeds(
        asks=bool(asking),
        looks_up=any(_LOOKUP.search(content) for content in templates),
        constrained=bool(constraints),
        kube_versions=_unique(found.decode("utf-8", "replace") for found in (*constraints, *compared)),
        api_versions=_unique(text for text in literals if re.fullmatch(API_VERSION, text)),
    )


def _near(constraints: Iterable[str]) -> Iterator[str]:
    """Versions at, above and below those that constraints name: one of them is inside."""
    found = [tuple(int(part or 0) for part in match) for text in constraints for match in _VERSION.findall(text)]
    named = list(dict.fromkeys(found))
    for major, minor, patch in sorted(named, reverse=True):
        yield f"v{major}.{minor}.{patch}"
    for major, minor, patch in sorted(named, reverse=True):
        yield f"v{major}.{minor}.{patch + 1}"
        yield f"v{major}.{minor + 1}.0"
        yield f"v{major}.{max(minor - 1, 0)}.0"


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
