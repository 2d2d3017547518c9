"""What the shipped stack needs, as helm renders it with the stand-ins of its subcharts."""

import shutil
import subprocess
from pathlib import Path

import pytest

from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.inventory import Inventory, Resource
from jetscale_cicd.decide.needs.judge import to_see, unmet_needs
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import Use
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.decide.needs.verdicts import Circumstances

ROOT = Path(__file__).resolve().parents[2]
VALUES = "envs/live/values.yaml"
NAMESPACE = "jetscale-prod"
SECRETS = ["jetscale-db-secret", "jetscale-redis-secret", "jetscale-common-secrets", "jetscale-aws-client-secret"]


@pytest.fixture
def rendered(helm: Path, tmp_path: Path) -> bytes:
    chart = tmp_path / "app"
    shutil.copytree(ROOT / "charts/app", chart)
    for each in (ROOT / "tests/fixtures/charts").iterdir():
        shutil.copytree(each, chart / "charts" / each.name)
    options = ("--namespace", NAMESPACE, "--values", str(ROOT / VALUES))
    argv = [str(helm), "template", "jetscale-stack", str(chart), *options]
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    return subprocess.run(argv, capture_output=True, check=True, env=env, timeout=60).stdout


def test_the_shipped_stack_needs_what_its_contract_says(rendered: bytes) -> None:
    manifests = parse_manifests(rendered, "live")
    needs, made = needs_of(manifests, NAMESPACE), made_by(manifests, NAMESPACE)
    asked = to_see(needs, made, Deploy(install=True))
    assert {(each.kind, each.namespace, each.name) for each in asked} == {
        *(("Secret", NAMESPACE, name) for name in SECRETS),
        ("IngressClass", "", "alb"),
    }
    kinds = {(need.api_version, need.thing.kind) for need in needs if need.use is Use.KIND}
    assert {("apps/v1", "Deployment"), ("networking.k8s.io/v1", "Ingress")} <= kinds
    kinds.add(("networking.k8s.io/v1", "IngressClass"))
    served = tuple(Resource(version, kind, "", True) for version, kind in kinds)
    nothing = Inventory(resources=served, absent=asked, new_namespaces=frozenset({NAMESPACE}))
    values = {VALUES: (ROOT / VALUES).read_bytes()}
    found = unmet_needs(
        needs, Circumstances(release=made, inventory=nothing, deploy=Deploy(install=True)), values
    ).errors
    assert [each.code for each in found if each.code != "NEEDED_SECRET_MISSING"] == ["INGRESS_CLASS_MISSING"]
    lines = (ROOT / VALUES).read_text().splitlines()
    secrets = {
        each.hint.partition("generic ")[2].split()[0]: each for each in found if each.code == "NEEDED_SECRET_MISSING"
    }
    assert list(secrets) == SECRETS
    for name, each in secrets.items():
        *templates, place = each.where.split(", ")
        assert "jetscale-stack/charts/backend-api/templates/deployment.yaml" in templates
        file, _, line = place.partition(":")
        assert (file, lines[int(line) - 1].strip()) == (VALUES, f"name: {name}")
        assert any("container backend-api: envFrom" in place for place in each.details)
