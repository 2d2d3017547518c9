"""A pod that waits for what only a hook after the release makes."""

import pytest

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.objects.late_hooks import with_late_hook
from jetscale_cicd.model.diagnosis import Diagnosis


def hook(event: str, kind: str = "Secret", name: str = "late") -> Manifest:
    metadata = {"name": name, "annotations": {"helm.sh/hook": event}}
    return Manifest("v1", kind, "", name, {"apiVersion": "v1", "kind": kind, "metadata": metadata})


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (hook("post-install"), True),
        (hook("pre-install, post-upgrade"), True),
        (hook("pre-install"), False),
        (hook("post-install", "ConfigMap"), False),
        (hook("post-install", name="other"), False),
        (hook("unknown"), False),
    ],
)
def test_the_hook_that_comes_too_late_is_named(made: Manifest, named: bool) -> None:
    missing = Diagnosis(
        code=FaultCode.MISSING_SECRET, subject="pod p", verdict="", next_step="", waits_for=(("Secret", "late"),)
    )
    assert (with_late_hook(missing, [made], "shop") != missing) is named
