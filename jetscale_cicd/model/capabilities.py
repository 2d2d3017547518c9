"""What a chart may ask of the cluster that it is rendered for (``.Capabilities``)."""

from typing import NamedTuple


class Capabilities(NamedTuple):
    """The version of Kubernetes and the APIs of a cluster, as far as they are known.

    Args:
        kube_version: as the API server gives it (``v1.34.1``); "" is helm's own.
        api_versions: ``group/version`` and ``group/version/Kind``, beside those that helm knows by itself.
    """

    kube_version: str = ""
    api_versions: tuple[str, ...] = ()

    def __str__(self) -> str:
        """For people."""
        kube = f"Kubernetes {self.kube_version.removeprefix('v')}" if self.kube_version else ""
        apis = ", ".join(self.api_versions[:6]) + (", …" if len(self.api_versions) > 6 else "")
        return " with ".join(part for part in (kube, apis) if part) or "helm's own Kubernetes version"
