"""Release tags of this chart in another format than the configured one (docs/configuration.md).

A tag is split into what stands before its version and the version. Words such as `v` and `release` name nothing;
`chart`, `helm` and the chart's own name mean the chart; any other word is another component, whose tags do not count.
"""

import re
from collections.abc import Iterable
from functools import cache, partial
from typing import NamedTuple

# Two numbers are no version (https://semver.org, 2), but people number releases so.
_TAG = re.compile(r"(?P<prefix>(?:.*[^0-9.])?)(?P<version>(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){1,2})", re.DOTALL)
_SEPARATORS = re.compile(r"[-_/@+. ]+")
_NAMELESS = frozenset(("", "v", "r", "rel", "release", "releases", "ver", "version", "versions", "tag", "tags"))
_CHART = frozenset(("chart", "charts", "helm"))
_LONGEST = 255


class TaggedRelease(NamedTuple):
    """The highest release that tags of one format name.

    Args:
        tag_format: "" where no format could read it, because the tag has a version of two numbers.
        core: major, minor, patch.
    """

    tag: str
    tag_format: str
    core: tuple[int, int, int]


class ChartNames(NamedTuple):
    """What a chart is called: its name, and its folder, which counts beside a word such as `chart`."""

    name: str
    path: str


def other_formats(tags: Iterable[str], tag_format: str, names: ChartNames) -> tuple[TaggedRelease, ...]:
    """The releases of this chart that tags of other formats name, the highest of each format, highest first.

    Those of the repository as a whole count where the configured format is of the repository, too; those of the chart
    always do. A pre-release is no release.
    """
    prefix, _, suffix = tag_format.partition("{version}")
    component = cache(partial(_component, names=names))  # thousands of tags have one prefix
    ours, found = component(prefix), dict[str, TaggedRelease]()
    for tag in tags:
        match = _TAG.fullmatch(tag.removesuffix(suffix)) if len(tag) <= _LONGEST else None
        if match is None:
            continue
        is_version = match["version"].count(".") == 2
        if is_version and match["prefix"] == prefix and tag.endswith(suffix):
            continue
        if not _concerns(component(match["prefix"]), ours):
            continue
        numbers = [int(number) for number in match["version"].split(".")]
        core = (numbers[0], numbers[1], numbers[2] if is_version else 0)
        shown = f"{match['prefix']}{{version}}{tag[match.end() :]}" if is_version else ""
        key = shown or match["prefix"]
        if key not in found or found[key].core < core:
            found[key] = TaggedRelease(tag, shown, core)
    return tuple(sorted(found.values(), key=lambda each: each.core, reverse=True))


def _concerns(component: str, ours: str) -> bool:
    return component in (ours, "chart")


def _component(prefix: str, names: ChartNames) -> str:
    """What a prefix names: "" for nothing, `chart` for the chart, or something else."""
    words = [word for word in _SEPARATORS.split(prefix.lower()) if word not in _NAMELESS]
    rest = [word for word in words if word not in _CHART]
    name, folder = (_SEPARATORS.split(text.lower()) for text in (names.name, names.path.rpartition("/")[2]))
    if not words:
        return ""
    if not rest or name in (rest, words) or (len(rest) < len(words) and rest == folder):
        return "chart"
    return "-".join(words)


def in_the_way(tag: str, others: Iterable[str]) -> str:
    """The first tag beside which git can hold no such tag, because one of both would be a file and a folder; or ""."""
    return next((other for other in others if other.startswith(f"{tag}/") or tag.startswith(f"{other}/")), "")
