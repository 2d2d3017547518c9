"""The table of engines: what each of them changes, and which module has its code."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from jetscale_cicd.model.record import frozen

EngineName = Literal["helm", "argocd", "render"]


class Destination(StrEnum):
    """What an engine changes; two targets must not have the same destination."""

    RELEASE = "release"  # a release in a namespace of a cluster
    DIRECTORY = "directory"  # rendered manifests in a directory of the repository


@frozen
class EngineRow:
    """One row of the table.

    Args:
        module: module below ``jetscale_cicd.engines`` that defines ``ENGINE``; imported when a target needs it.
        destination: what the engine changes.
    """

    module: str
    destination: Destination


ENGINES: Mapping[EngineName, EngineRow] = {
    "helm": EngineRow("helm.engine", Destination.RELEASE),
    "argocd": EngineRow("argocd.engine", Destination.RELEASE),
    "render": EngineRow("render.engine", Destination.DIRECTORY),
}
