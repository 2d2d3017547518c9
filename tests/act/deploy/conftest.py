"""A release on the stand-in for the API server, and what acting on it needs from a run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.kubernetes import Kubernetes
from jetscale_cicd.tools.redact import Redactor
from tests.engines.helm.conftest import LISTED, serve
from tests.support.fake_helm import FakeHelm, Release
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.helm_secret import NAMESPACE, path_of

LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/stage6-app"
RUN = "https://ci.example/runs/7"


@dataclass
class Around:
    """As much of a run's context as a rollback and the audit need."""

    audit: Path | None = None
    cluster: bool = True
    announced: list[str] = field(default_factory=list)
    redact: Redactor = field(default_factory=lambda: Redactor.of(["s3cret-token"]))
    target: Target = field(
        default_factory=lambda: Target(name="live", client_name="shop", release="app", timeout=5, required_secrets=())
    )
    # Without a remote, where no cluster is recorded.
    repository: Any = field(default_factory=lambda: SimpleNamespace(git=SimpleNamespace(remotes=())))

    def __post_init__(self) -> None:
        absent = {LEASE: None, **{path_of(number): None for number in range(1, 12)}}
        self.api = FakeKubernetes(absent, collections=LISTED)
        serve(self.api)
        self.release = Release(self.api)
        self.helm = FakeHelm(self.release)

    @property
    def request(self) -> Request:
        event = Event(ci="github", kind=EventKind.PUSH, run_url=RUN)
        return Request(repo=Path(), event=event, audit=self.audit)

    @property
    def context(self) -> RunContext:
        """It lacks what only publishing needs."""
        return cast("RunContext", self)

    def announce(self, line: str) -> None:
        self.announced.append(line)

    def show(self, _: Sequence[str]) -> bool:
        return False

    def kubernetes(self, _: Target) -> Kubernetes | NotObserved:
        return self.api if self.cluster else NotObserved("no kubeconfig")


@pytest.fixture
def around() -> Around:
    return Around()
