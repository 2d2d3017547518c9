"""What is observed of a target for its preconditions: each thing once, for all checks that read it side by side."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.definition_findings import DefinitionReview
from jetscale_cicd.decide.cluster.definitions import PackagedDefinition, packaged_in
from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.decide.cluster.secret_pipes import GROUP, Pipes
from jetscale_cicd.decide.needs.contract import ContractSecrets
from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.hosts import routed_kinds
from jetscale_cicd.decide.needs.inventory import Inventory
from jetscale_cicd.decide.needs.judge import to_see
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.ownership import to_compare
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.engine import ENGINES, Destination
from jetscale_cicd.model.live import Deployed, LiveState, NotObserved
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.severity import Severity
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.cluster import compare_cluster
from jetscale_cicd.planning.proposal import Proposal


@frozen
class Rendering:
    """The package of a deploy, its values files by their paths, and the objects that it renders to."""

    archive: Path
    values: Mapping[str, bytes]
    text: bytes
    manifests: tuple[Manifest, ...]


@frozen
class Upgraded:
    """The objects of the revision that a deploy begins with, and whether that one was deployed to its end."""

    manifests: tuple[Manifest, ...]
    worked: bool


if TYPE_CHECKING:  # an offline simulation checks preconditions, too, and loads no client of a server
    from jetscale_cicd.tools.kubernetes import Kubernetes

Observed = TypeVar("Observed")


class Once(Generic[Observed]):
    """An observation that several threads may ask for, and that is made once; a failure of it is kept, too."""

    def __init__(self, observe: Callable[[], Observed]) -> None:
        self._observe = observe
        self._lock = threading.Lock()
        self._seen: list[Observed] = []
        self._failed: Exception | None = None

    def __call__(self) -> Observed:
        """The observation.

        Raises:
            Exception: what it failed with, each time.
        """
        with self._lock:
            if self._failed is None and not self._seen:
                try:
                    self._seen.append(self._observe())
                except Exception as failed:  # noqa: BLE001 - raised for each check that asks for it
                    self._failed = failed
        if self._failed:
            raise self._failed
        return self._seen[0]


class TargetSurvey:
    """A target, its cluster, and what a deploy would bring there.

    Args:
        rendering: what a deploy renders; None where it is not rendered, which a check of its own reports.
    """

    def __init__(self, context: RunContext, proposal: Proposal, decided: TargetDecision) -> None:
        self.context, self.proposal, self.decided = context, proposal, decided
        self.rendering: Rendering | None = None
        self._api = Once(lambda: engine_of(self.target).cluster(context, self.target))
        with suppress(Stage6Error):  # one proxy for all threads; each check that asks for it reports the error
            self._api()
        self.compared_cluster = Once(lambda: compare_cluster(context, self.target, self.cluster, self.recorded))
        self.live = Once(self._live)
        self.upgraded = Once(self._upgraded)
        self.needs = Once(lambda: needs_of(self.manifests, self.target.namespace))
        self.made = Once(lambda: made_by(self.manifests, self.target.namespace))
        self.inventory = Once(self._inventory)
        self.pipes = Once(self._pipes)
        self.new_namespace = Once(self._is_new)
        self.definitions = Once(self._definitions)

    @property
    def target(self) -> Target:
        """The target."""
        return self.decided.target

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """The objects of a deploy, hooks included; () where they are not rendered."""
        return self.rendering.manifests if self.rendering else ()

    @property
    def packaged(self) -> tuple[PackagedDefinition, ...]:
        """The definitions in ``crds/`` of the package."""
        return packaged_in(self.manifests)

    @property
    def api(self) -> "Kubernetes | None":
        """Its cluster; None where none is asked."""
        return self._api()

    @property
    def recorded(self) -> tuple[str, ...]:
        """What earlier deploys saw of its cluster, by the remote."""
        return self.proposal.observed.releases.clusters.get(self.target.name, ())

    @property
    def why_not_tried(self) -> str:
        """Why nothing is tried on the cluster; "" where it is the one that is meant."""
        wrong = self.compared_cluster()[1]
        if wrong is None:
            return ""
        if wrong.code == "CLUSTER_DIFFERS":
            return "the context leads to another cluster, where nothing is tried"
        return "it is not known whether it is the cluster of the target, so nothing is tried there"

    def deployed(self) -> tuple[Manifest, ...]:
        """The objects of the revision that a deploy begins with, hooks aside; none where nothing is deployed."""
        return self.upgraded().manifests

    @property
    def has_clusters(self) -> bool:
        """Whether targets of its engine are on clusters."""
        return ENGINES[self.target.engine].destination is Destination.RELEASE

    @property
    def cluster(self) -> "Kubernetes":
        """The cluster, of a check that is made where there is one alone."""
        if self.api is None:
            raise RuntimeError("there is no cluster to ask")
        return self.api

    def is_told_by(self, check: str) -> bool:
        """Whether another check stops a deploy for what it finds, so that this one need not repeat it."""
        request = self.context.request
        asked = request.acts or (check not in request.skip and (not request.only or check in request.only))
        return asked and self.target.checks.get(check, Severity.ERROR) is Severity.ERROR

    @property
    def repairs(self) -> bool:
        """Whether a run only completes what an earlier one left: nothing is deployed."""
        return not self.context.request.preflight and self.decided not in self.proposal.plan.due

    @property
    def installs(self) -> bool:
        """Whether a deploy is the first one of the release, as far as is known."""
        return not isinstance(self.live(), Deployed)

    @property
    def hooks(self) -> Deploy:
        """Which hooks run in a deploy."""
        return Deploy(self.installs, self.target.helm_test, self.target.crds == "apply")

    def contract_secrets(self, wanted: Mapping[str, Sequence[str]]) -> ContractSecrets:
        """Secrets of the contract, by what the release makes and what the cluster has."""
        return ContractSecrets(wanted, self.made(), self.inventory(), self.hooks)

    @property
    def scope(self) -> DeployScope:
        """What a deploy does besides changing the objects of its release."""
        target = self.target
        return DeployScope(
            namespace=target.namespace,
            release=target.release,
            installs=self.installs,
            unproven=not self.upgraded().worked,
            applies=self.context.helm.applies,
            creates_namespace=self.new_namespace(),
            pull_secret=target.image_pull_secret.name if target.image_pull_secret else "",
            secrets=tuple(target.contract_secrets),
            external_secrets=target.contract_external_secrets,
            rolls_back=target.rollback,
            tests=target.helm_test,
            definitions=target.crds,
        )

    @property
    def values(self) -> Mapping[str, bytes]:
        """The target's values files by their paths, in Helm's order; none where the chart is not rendered."""
        return self.rendering.values if self.rendering else {}

    @property
    def provided(self) -> frozenset[Thing]:
        """What the run itself makes before it deploys."""
        pull = self.target.image_pull_secret
        return frozenset({Thing("", "Secret", self.target.namespace, pull.name)} if pull else ())

    def _inventory(self) -> Inventory:
        """What the cluster has of everything that is needed, or made, or in the contract: each kind is listed once."""
        from jetscale_cicd.observe.cluster.inventory import see_inventory

        target, install = self.target, self.installs
        return see_inventory(
            self.cluster,
            target,
            to_see(self.needs(), self.made(), self.hooks)
            | to_compare(self.manifests, self.deployed(), install=install, namespace=target.namespace)
            | {Thing("", "Secret", target.namespace, name) for name in target.contract_secrets},
            routed=routed_kinds(self.manifests, target.namespace),
            new_namespace=self.new_namespace(),
        )

    def _definitions(self) -> DefinitionReview:
        """The definitions of the package, beside what the cluster has of them."""
        from jetscale_cicd.observe.cluster.definitions import see_definitions

        target = self.target
        return DefinitionReview(
            seen=see_definitions(self.cluster, self.packaged),
            release=f"{target.namespace}/{target.release}",
            installs=self.installs,
            applies=target.crds == "apply",
            manifests=self.manifests,
            deployed=self.deployed(),
            chart=self.context.settings.chart.path,
        )

    def _pipes(self) -> Pipes:
        """The pipes through which the namespace gets its secrets."""
        from jetscale_cicd.observe.cluster.external_secrets import read_pipes

        return read_pipes(self.cluster, self.target)

    @property
    def coming_pipes(self) -> frozenset[tuple[str, str]]:
        """Kind and name of the ExternalSecrets and stores that this very deploy makes, or whose spec it changes."""
        namespace = self.target.namespace
        now = {each.identity(namespace): each.document.get("spec") for each in self.deployed()}
        ours = (each for each in self.manifests if each.group == GROUP and not each.hook)
        changed = (each for each in ours if now.get(each.identity(namespace)) != each.document.get("spec"))
        return frozenset((each.kind, each.name) for each in changed if each.namespace in ("", namespace))

    def _is_new(self) -> bool:
        """Whether the namespace is made by the run."""
        api, target = self.api, self.target
        if api is None or not target.create_namespace:
            return False
        from jetscale_cicd.tools.kubernetes import ApiFailure

        try:
            return api.get(f"/api/v1/namespaces/{target.namespace}") is None
        except ApiFailure:  # what cannot be listed in it is unseen, then
            return False

    def _live(self) -> LiveState:
        """What is deployed: as the decision has it, and observed where only commits were compared for that."""
        live = self.decided.live
        if isinstance(live, NotObserved) and live.error is None and self.api:
            return engine_of(self.target).observe(self.context, self.target)
        return live

    def _upgraded(self) -> Upgraded:
        live, api = self.live(), self.api
        if api is None or not isinstance(live, Deployed) or live.revision is None:
            return Upgraded((), worked=True)
        from jetscale_cicd.observe.cluster.helm_release import upgraded_revision

        stored = upgraded_revision(api, self.target)
        if stored is None:
            return Upgraded((), worked=True)
        where = f"{self.target.namespace}/{self.target.release} revision {stored.number}"
        return Upgraded(parse_manifests(stored.manifest.encode(), where), worked=stored.status == "deployed")
