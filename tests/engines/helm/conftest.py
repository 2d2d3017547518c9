"""A release on the stand-in for the API server, with a helm that changes it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.deploy_record import record_values
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.model.target import Target
from tests.support.fake_helm import FakeHelm, Release
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.helm_secret import SECRETS, path_of, record

KINDS = ("deployments", "statefulsets", "daemonsets", "replicasets")
LISTED = (
    SECRETS,
    *(f"/apis/apps/v1/namespaces/shop-prod/{kind}" for kind in KINDS),
    *(f"/apis/batch/v1/namespaces/shop-prod/{kind}" for kind in ("jobs", "cronjobs")),
    "/apis/networking.k8s.io/v1/namespaces/shop-prod/ingresses",
    *(
        f"/api/v1/namespaces/shop-prod/{kind}"
        for kind in ("pods", "events", "services", "configmaps", "persistentvolumeclaims")
    ),
)
# What the stand-in serves, as an API server says it.
SERVED = {
    "/api/v1": {
        "services": "Service",
        "configmaps": "ConfigMap",
        "pods": "Pod",
        "persistentvolumeclaims": "PersistentVolumeClaim",
    },
    "/apis/apps/v1": {"deployments": "Deployment", "statefulsets": "StatefulSet"},
    "/apis/networking.k8s.io/v1": {"ingresses": "Ingress"},
    "/apis/batch/v1": {"jobs": "Job", "cronjobs": "CronJob"},
    "/apis/external-secrets.io/v1": {"externalsecrets": "ExternalSecret"},
}
DEPLOY = "this-deploy"
RECORD = record("0.2.0", "b")


def serve(api: FakeKubernetes) -> None:
    """Let the stand-in say which kinds it serves."""
    for path, kinds in SERVED.items():
        served = [{"name": name, "kind": kind, "namespaced": True} for name, kind in kinds.items()]
        api.put(path, {"resources": served})


@dataclass
class Stage:
    """What a test of the engine needs: the release, and everything around it that tells what was done."""

    api: FakeKubernetes = field(default_factory=lambda: FakeKubernetes(collections=LISTED))
    announced: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    check: Callable[[], None] = lambda: None
    scratch: Path = Path("/nowhere")

    def __post_init__(self) -> None:
        config = {"size": 2, **record_values(RECORD, "", DEPLOY)}
        self.release = Release(self.api, config=config)
        for number in range(1, 12):
            self.api.put(path_of(number), None)
        serve(self.api)

    def engine(self, *, inherited: bool = False, **target: Any) -> HelmRelease:
        """The engine for a target with these keys."""
        keys = {"name": "live", "client_name": "shop", "release": "app", "timeout": 5, "required_secrets": (), **target}

        def show(_: Sequence[str]) -> bool:
            return False

        def check() -> None:
            self.check()

        return HelmRelease(
            self.api,
            FakeHelm(self.release, scratch=self.scratch),
            Target(**keys),
            check,
            self.announced.append,
            show,
            "",
            self.stop,
            inherited,
        )


def waits_of(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of a module from now on, which take no time."""
    waited: list[float] = []

    class Time:
        @staticmethod
        def monotonic() -> float:
            return sum(waited)

    monkeypatch.setattr(module, "time", Time)
    monkeypatch.setattr(module, "pause", waited.append)
    return waited


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Nothing is installed."""
    return Stage(scratch=tmp_path)
