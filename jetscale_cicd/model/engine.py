"""The table of engines: what each one changes, and where its code is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

EngineName = Literal["helm", "argocd", "render"]


class Destination(StrEnum):
    """What an engine changes; two targets must not share one."""

    RELEASE = "release"  # a release in a namespace of a cluster
    DIRECTORY = "directory"  # rendered manifests in a directory of the repository


@dataclass(frozen=True, slots=True)
class EngineRow:
    """One engine.

    Args:
        module: module below ``jetscale_cicd.engines`` that has ``ENGINE``; imported when a target needs it.
        destination: what it changes.
    """

    module: str
    destination: Destination


ENGINES: Mapping[EngineName, EngineRow] = {
    "helm": EngineRow("helm.engine", Destination.RELEASE),
    "argocd": EngineRow("argocd.engine", Destination.RELEASE),
    "render": EngineRow("render.engine", Destination.DIRECTORY),
}
