"""The stack that Stage 6 ships: the umbrella chart, the values of its environments, its lock file.

The real subcharts live in a registry. Here stand-ins of the same names and versions take their
place, so that Helm itself judges what we ship.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.quick(16)

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "app"
STAND_INS = ROOT / "tests" / "fixtures" / "charts"
SUBCHARTS = ("backend-api", "frontend-web")
ENVIRONMENTS = ("live", "preview")
SECRETS = [
    "jetscale-db-secret",
    "jetscale-redis-secret",
    "jetscale-common-secrets",
    "jetscale-aws-client-secret",
]

Manifest = dict[str, Any]


class Stack:
    """The umbrella chart with its subcharts in place, as one Helm sees it."""

    def __init__(self, helm: Path, home: Path) -> None:
        self.helm = helm
        self.home = home
        self.chart = home / "app"

    def fill(self) -> "Stack":
        """Put the subcharts in their place."""
        shutil.copytree(CHART, self.chart)
        for name in SUBCHARTS:
            destination = self.chart / "charts"
            self.run("package", str(STAND_INS / name), "--destination", str(destination))
        return self

    def run(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        # A home of its own: no registry login, repository or plugin of the user takes part.
        homes = {f"HELM_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        result = subprocess.run(
            [str(self.helm), *args],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.home), **homes},
        )
        if check:
            assert result.returncode == 0, result.stdout + result.stderr
        return result

    def template(self, *args: str) -> str:
        return self.run("template", "jetscale-stack", str(self.chart), *args).stdout

    def render(self, environment: str, *args: str) -> list[Manifest]:
        return objects(self.template(*values_of(environment), *args))

    def refusal(self, *args: str) -> str:
        result = self.run("template", "jetscale-stack", str(self.chart), *args, check=False)
        assert result.returncode != 0
        return result.stderr


@pytest.fixture(scope="module")
def filled(any_helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart with its subcharts as this helm packages them, which no test changes."""
    return Stack(any_helm, tmp_path_factory.mktemp("filled")).fill().chart


@pytest.fixture
def stack(any_helm: Path, filled: Path, tmp_path: Path) -> Stack:
    shutil.copytree(filled, tmp_path / "app")
    return Stack(any_helm, tmp_path)


def values_of(environment: str) -> tuple[str, str]:
    return "--values", str(ROOT / "envs" / environment / "values.yaml")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def objects(rendered: str) -> list[Manifest]:
    return [manifest for manifest in yaml.safe_load_all(rendered) if manifest]


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {m["metadata"]["name"]: m for m in manifests if m["kind"] == kind}


def container(deployment: Manifest) -> Manifest:
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def lock_digest(chart: Mapping[str, Any], lock: Mapping[str, Any]) -> str:
    """Helm's `resolver.HashReq`: SHA-256 over Go's JSON of [dependencies, locked dependencies].

    Name and repository have no `omitempty` in Helm's struct; Go escapes <, > and & in JSON.
    """
    optional = ("condition", "tags", "enabled", "import-values", "alias")

    def entry(dependency: Mapping[str, Any], extra: tuple[str, ...]) -> dict[str, Any]:
        found = {"name": dependency["name"]}
        if dependency.get("version"):
            found["version"] = dependency["version"]
        found["repository"] = dependency.get("repository", "")
        return found | {key: dependency[key] for key in extra if dependency.get(key)}

    pair = [
        [entry(dependency, optional) for dependency in chart["dependencies"]],
        [entry(dependency, ()) for dependency in lock["dependencies"]],
    ]
    text = json.dumps(pair, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


# ---- lint


@pytest.mark.parametrize(
    "values",
    [(), values_of("live"), values_of("preview")],
    ids=["defaults", "live", "preview"],
)
def test_strict_lint_of_the_umbrella_has_no_warning(stack: Stack, values: tuple[str, ...]) -> None:
    printed = stack.run("lint", "--strict", str(stack.chart), *values).stdout
    assert "[WARNING]" not in printed
    assert "[ERROR]" not in printed


@pytest.mark.parametrize("name", SUBCHARTS)
def test_strict_lint_of_a_stand_in_has_no_warning(stack: Stack, name: str) -> None:
    printed = stack.run("lint", "--strict", str(STAND_INS / name)).stdout
    assert "[WARNING]" not in printed
    assert "[ERROR]" not in printed


# ---- environments


@pytest.mark.parametrize(("environment", "replicas"), [("live", 3), ("preview", 1)])
def test_each_environment_runs_its_number_of_replicas(stack: Stack, environment: str, replicas: int) -> None:
    deployments = of_kind(stack.render(environment), "Deployment")
    assert {name: d["spec"]["replicas"] for name, d in deployments.items()} == {
        "jetscale-stack-backend-api": replicas,
        "jetscale-stack-frontend-web": replicas,
    }


@pytest.mark.parametrize(("environment", "host"), [("live", "console.jetscale.ai"), ("preview", "preview.jetscale.ai")])
def test_each_environment_has_one_ingress_at_its_own_host(stack: Stack, environment: str, host: str) -> None:
    (ingress,) = of_kind(stack.render(environment), "Ingress").values()
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == [host]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_path_of_the_ingress_leads_to_a_rendered_service_and_port(stack: Stack, environment: str) -> None:
    manifests = stack.render(environment)
    (ingress,) = of_kind(manifests, "Ingress").values()
    ports = {
        (name, port["name"])
        for name, service in of_kind(manifests, "Service").items()
        for port in service["spec"]["ports"]
    }
    (rule,) = ingress["spec"]["rules"]
    backends = [path["backend"]["service"] for path in rule["http"]["paths"]]
    assert {(b["name"], b["port"]["name"]) for b in backends} == ports


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_api_requires_the_four_secrets_of_the_contract(stack: Stack, environment: str) -> None:
    deployments = of_kind(stack.render(environment), "Deployment")
    api = container(deployments["jetscale-stack-backend-api"])
    assert api["envFrom"] == [{"secretRef": {"name": name}} for name in SECRETS]
    assert "envFrom" not in container(deployments["jetscale-stack-frontend-web"])


def test_every_scheduled_job_gets_the_secrets_of_the_api(stack: Stack) -> None:
    jobs = of_kind(stack.render("live"), "CronJob")
    assert jobs
    for job in jobs.values():
        envs = container(job["spec"]["jobTemplate"])["envFrom"]
        assert [env["secretRef"]["name"] for env in envs] == SECRETS


def test_live_is_the_namespace_of_the_contract() -> None:
    told = load(ROOT / "envs" / "live" / "values.yaml")["global"]
    assert f"{told['client_name']}-{told['env']}" == "jetscale-prod"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_workload_runs_as_root(stack: Stack, environment: str) -> None:
    manifests = stack.render(environment)
    specs = [d["spec"]["template"]["spec"] for d in of_kind(manifests, "Deployment").values()]
    specs += [job["spec"]["jobTemplate"]["spec"]["template"]["spec"] for job in of_kind(manifests, "CronJob").values()]
    specs += [pod["spec"] for pod in of_kind(manifests, "Pod").values()]
    assert len(specs) == 5
    assert all(spec["securityContext"]["runAsNonRoot"] is True for spec in specs)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_service_selects_the_pods_of_its_deployment_and_no_others(stack: Stack, environment: str) -> None:
    manifests = stack.render(environment)
    deployments = of_kind(manifests, "Deployment")
    labels = {name: d["spec"]["template"]["metadata"]["labels"] for name, d in deployments.items()}
    for name, job in of_kind(manifests, "CronJob").items():
        labels[name] = job["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    for name, pod in of_kind(manifests, "Pod").items():
        labels[name] = pod["metadata"]["labels"]

    for service_name, service in of_kind(manifests, "Service").items():
        wanted = service["spec"]["selector"].items()
        assert [name for name, has in labels.items() if wanted <= has.items()] == [service_name]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_two_renders_are_the_same_bytes(stack: Stack, environment: str) -> None:
    first = stack.template(*values_of(environment))
    assert first
    assert stack.template(*values_of(environment)) == first


@pytest.mark.parametrize("name", SUBCHARTS)
def test_a_disabled_subchart_takes_its_path_of_the_ingress_along(stack: Stack, name: str) -> None:
    manifests = stack.render("live", "--set", f"{name}.enabled=false")
    (ingress,) = of_kind(manifests, "Ingress").values()
    (other,) = of_kind(manifests, "Deployment")
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["name"] == other != f"jetscale-stack-{name}"


# ---- defaults and schema


def test_by_default_nothing_is_exposed_and_no_secret_is_owned(stack: Stack) -> None:
    kinds = {manifest["kind"] for manifest in objects(stack.template())}
    assert kinds == {"Deployment", "Service", "ServiceAccount", "CronJob", "Pod"}


def test_external_secrets_are_rendered_one_per_entry_once_enabled(stack: Stack, tmp_path: Path) -> None:
    key = "jetscale-prod/application/aws/client"
    values = tmp_path / "values.json"
    enabled = {
        "enabled": True,
        "secretStoreRef": {"name": "aws"},
        "secrets": {SECRETS[3]: {"remoteKey": key}, SECRETS[0]: {"remoteKey": "db"}},
    }
    values.write_text(json.dumps({"externalSecrets": enabled}), encoding="utf-8")

    found = of_kind(objects(stack.template("--values", str(values))), "ExternalSecret")

    assert set(found) == {SECRETS[0], SECRETS[3]}
    spec = found[SECRETS[3]]["spec"]
    assert spec["target"]["name"] == SECRETS[3]
    assert spec["secretStoreRef"] == {"kind": "SecretStore", "name": "aws"}
    assert spec["dataFrom"] == [{"extract": {"key": key}}]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("replicaCount=3", "replicaCount"),
        ("ingress.hostname=x.example", "hostname"),
        ("frontend-web.replicas=3", "replicas"),
    ],
    ids=["top level", "own section", "subchart"],
)
def test_an_unknown_key_is_refused_by_name(stack: Stack, wrong: str, named: str) -> None:
    message = stack.refusal(*values_of("live"), "--set", wrong)
    assert "schema" in message
    assert named in message


@pytest.mark.parametrize(
    ("switch", "missing"),
    [("ingress.enabled=true", "host"), ("externalSecrets.enabled=true", "secretStoreRef")],
)
def test_a_switch_without_what_it_needs_is_refused(stack: Stack, switch: str, missing: str) -> None:
    message = stack.refusal("--set", switch)
    assert "schema" in message
    assert missing in message


def test_an_ingress_without_any_service_is_refused(stack: Stack) -> None:
    off = ",".join(f"{name}.enabled=false" for name in SUBCHARTS)
    assert "no service to route to" in stack.refusal(*values_of("live"), "--set", off)


# ---- dependencies and package


def test_subcharts_are_pinned_to_the_exact_versions_that_are_locked() -> None:
    pinned = load(CHART / "Chart.yaml")["dependencies"]
    locked = load(CHART / "Chart.lock")["dependencies"]
    stand_ins = [load(STAND_INS / name / "Chart.yaml") for name in SUBCHARTS]
    versions = [("backend-api", "1.2.1"), ("frontend-web", "2.0.2")]
    for entries in (pinned, locked, stand_ins):
        assert [(entry["name"], entry["version"]) for entry in entries] == versions
    for entry in (*pinned, *locked):
        assert entry["repository"] == "oci://ghcr.io/jetscale-ai/charts"


def test_the_lock_belongs_to_the_dependencies() -> None:
    lock = load(CHART / "Chart.lock")
    assert lock["digest"] == lock_digest(load(CHART / "Chart.yaml"), lock)


@pytest.mark.parametrize("backend", ["1.2.1", ">=1.0.0 <2.0.0"], ids=["exact", "escaped"])
def test_helm_computes_the_digest_of_a_lock_as_we_do(stack: Stack, backend: str) -> None:
    manifest = load(CHART / "Chart.yaml")
    for dependency in manifest["dependencies"]:
        dependency["repository"] = (STAND_INS / dependency["name"]).as_uri()
    manifest["dependencies"][0]["version"] = backend
    (stack.chart / "Chart.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    (stack.chart / "Chart.lock").unlink()

    stack.run("dependency", "update", "--skip-refresh", str(stack.chart))

    lock = load(stack.chart / "Chart.lock")
    assert lock["digest"] == lock_digest(manifest, lock)


def test_templates_ask_neither_chance_nor_clock_nor_cluster() -> None:
    comment = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)
    impure = re.compile(r"\b(rand\w+|uuidv4|gen[A-Z]\w+|bcrypt|htpasswd|now|ago|date\w*|lookup|getHostByName)\b")
    templates = [path for path in (CHART / "templates").rglob("*") if path.is_file()]
    assert templates
    for template in templates:
        actions = re.findall(r"\{\{.*?\}\}", comment.sub("", template.read_text(encoding="utf-8")), re.DOTALL)
        assert not [action for action in actions if impure.search(action)], template.name


def test_the_package_leaves_prose_out_and_keeps_what_helm_needs(stack: Stack, tmp_path: Path) -> None:
    stack.run("package", str(stack.chart), "--version", "1.2.3", "--destination", str(tmp_path))
    shutil.unpack_archive(tmp_path / "jetscale-stack-1.2.3.tgz", tmp_path / "out", filter="data")
    packaged = {path.name for path in (tmp_path / "out" / "jetscale-stack").iterdir()}
    assert packaged == {
        ".helmignore",
        "Chart.lock",
        "Chart.yaml",
        "charts",
        "templates",
        "values.schema.json",
        "values.yaml",
    }
