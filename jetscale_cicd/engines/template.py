"""`helm template` for any engine."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.decide.chart.cluster_needs import ClusterNeeds, cluster_needs
from jetscale_cicd.decide.cluster.helm_errors import was_rendered
from jetscale_cicd.engines.chart_files import rendered_files
from jetscale_cicd.engines.engine import Rendered
from jetscale_cicd.errors import CannotTellError, DeployError
from jetscale_cicd.model.capabilities import Capabilities
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.helm import ClusterAccess, Helm, ProcessTimeout, failure_of
from jetscale_cicd.tools.limits import MEMORY_VARIABLE
from jetscale_cicd.tools.process import Finished, ToolKilledError

# The largest charts take some seconds; the timeout of a target is for pods.
MAX_RENDER_SECONDS = 120
_ENDLESS = "does a template of the chart repeat without end? Take templates out until it renders, to find which."


class LiveCluster(NamedTuple):
    """A cluster that can be asked while a chart is rendered.

    Args:
        context: of the kubeconfig; "" is the current one.
        capabilities: asks the API server for its version and APIs.
        may_look_up: whether the templates may read its objects.
    """

    context: str
    capabilities: Callable[[], Capabilities]
    may_look_up: bool


@frozen(kw_only=True)
class Renderer:
    """Renders a chart for a target, as its cluster would.

    Args:
        helm: with the network where a cluster may be asked.
        chart: the archive.
        values: values files in Helm's order.
        cluster: the target's, None where it cannot be asked.
        may_guess: whether it may be rendered for a cluster that is guessed, because it is not deployed so.
    """

    helm: Helm
    target: Target
    chart: Path
    values: Sequence[Path]
    cluster: LiveCluster | None = None
    may_guess: bool = False

    def render(self) -> Rendered:
        """The manifests; with a note where they depend on a cluster that is not known.

        Helm is told of the cluster only where the chart asks for it: everything else renders alike everywhere.

        Raises:
            DeployError: ``RENDER_FAILED``, with helm's message, ``RENDER_TIMEOUT`` or ``RENDER_LIMIT``.
            CannotTellError: ``CLUSTER_UNKNOWN``, it depends on objects of a cluster that cannot be asked.
        """
        if self.cluster and self.needs.any:
            return Rendered(self._on(self.cluster))
        finished = self._template(self.known)
        if finished.status == 0:
            return Rendered(finished.stdout, tuple(self._dependence(finished.stdout)))
        if not self.needs.any or not self.may_guess:
            raise self._failed(finished)
        return self._assumed(finished)

    @cached_property
    def needs(self) -> ClusterNeeds:
        """What the chart asks of a cluster."""
        return cluster_needs(rendered_files(self.chart))

    @property
    def known(self) -> Capabilities:
        """What the configuration says of the target's cluster."""
        return Capabilities(self.target.kube_version, self.target.api_versions)

    def _on(self, cluster: LiveCluster) -> bytes:
        """Rendered with everything that the cluster has.

        Helm then also looks up the kind of every object, which the chart itself may bring (`crds/`). Where only that
        fails, helm is told the version and the APIs; helm 3 can look up objects all the same.
        """
        if not cluster.may_look_up:
            return self._told(cluster, None)
        exact = self._template(Capabilities(), ClusterAccess(cluster.context, maps_kinds=True))
        if exact.status == 0:
            return exact.stdout
        if not was_rendered(exact.unredacted):
            raise self._failed(exact)
        can_look_up = self.helm.known_version < (4,)
        return self._told(cluster, ClusterAccess(cluster.context, maps_kinds=False) if can_look_up else None)

    def _told(self, cluster: LiveCluster, access: ClusterAccess | None) -> bytes:
        told = self._template(cluster.capabilities(), access)
        if told.status == 0:
            return told.stdout
        raise self._unknown(told) if self.needs.looks_up and access is None else self._failed(told)

    def _dependence(self, rendered: bytes) -> Iterator[str]:
        """A note where the manifests would be others on a cluster that has what the chart asks for."""
        if not self.needs.asks:
            return
        for guess in itertools.islice(self.needs.guesses(self.known), 1):
            other = self._template(guess)
            differs = other.status == 0 and other.stdout != rendered
            if differs and self._template(self.known).stdout == rendered:  # not by chance (`randAlphaNum`)
                yield f"rendered as for {self.known}; it would differ for {guess}: {_remedy(self.target)}"

    def _assumed(self, first: Finished) -> Rendered:
        """Rendered for a cluster that would have what the chart asks for; an error that stays is one of the chart."""
        for guess in self.needs.guesses(self.known):
            finished = self._template(guess)
            if finished.status == 0:
                note = f"rendered as for {guess}, which the chart asks for: {_remedy(self.target)}"
                return Rendered(finished.stdout, (note,))
        if self.needs.looks_up:
            raise self._unknown(first)
        raise self._failed(first)

    def _unknown(self, finished: Finished) -> CannotTellError:
        return CannotTellError(
            "CLUSTER_UNKNOWN",
            f"the chart looks for objects of a cluster, and none is asked here: {failure_of(finished)}",
            where=f"target {self.target.name}",
            hint="a run asks the cluster of the target",
        )

    def _template(self, capabilities: Capabilities, access: ClusterAccess | None = None) -> Finished:
        name, seconds = self.target.name, min(self.target.timeout, MAX_RENDER_SECONDS)
        render = partial(self.helm.template, self.target.release, self.chart, self.target.namespace, self.values)
        try:
            return render(timeout=seconds, capabilities=capabilities, access=access)
        except ProcessTimeout:
            raise DeployError(
                "RENDER_TIMEOUT",
                f"helm has not rendered target {name} after {seconds} s",
                where=self._place(),
                hint=f"raise targets.{name}.timeout" if seconds < MAX_RENDER_SECONDS else _ENDLESS,
            ) from None
        except ToolKilledError as limited:
            if limited.code != "TOOL_LIMIT":
                raise
            raise DeployError(
                "RENDER_LIMIT",
                f"helm cannot render target {name}: {limited.message}",
                where=self._place(),
                hint=f"{_ENDLESS} If it is right, give helm more memory: {MEMORY_VARIABLE}",
            ) from None

    def _place(self) -> str:
        return f"target {self.target.name}: {', '.join(self.target.values)}"

    def _failed(self, finished: Finished) -> DeployError:
        name = self.target.name
        asks = self.needs.any and not self.cluster
        return DeployError(
            "RENDER_FAILED",
            f"helm cannot render target {name}: {failure_of(finished)}",
            where=self._place(),
            hint=f"does the chart ask its cluster for something? {_remedy(self.target)}"
            if asks
            else f"reproduce it without changing anything: jetscale-cicd simulate --target {name}",
        )


def _remedy(target: Target) -> str:
    return f"say what the cluster is in targets.{target.name}: kube_version and api_versions"
