"""A simulation that can be trusted: what it cannot know is red, and what differs anyway is no change."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import find_helm, rest_slow
from tests.support.command import Ended, command
from tests.support.history import Drawn, bare, clone, draw
from tests.support.oci import PASSWORD, USERNAME, serve
from tests.support.sample import Sample, released, small

pytestmark = pytest.mark.quick(3)

TEMPLATES = "charts/app/templates"
METADATA = "metadata: {name: %s, labels: {helm.sh/chart: small-{{ .Chart.Version }}}}"
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner}\n"


def stack(tmp_path: Path, files: dict[str, str | bytes | None]) -> Sample:
    """A stack that was released and deployed once."""
    return released(small(tmp_path / "sample", files))


def simulate(sample: Sample, *arguments: str, env: dict[str, str] | None = None) -> Ended:
    """Of the last commit."""
    return sample.command("simulate", "--base=HEAD~1", *arguments, env=env)


def manifests(ended: Ended) -> dict[str, Any]:
    """What would differ for the one target."""
    (found,) = ended.json["manifests"]
    assert isinstance(found, dict)
    return found


def only(ended: Ended) -> dict[str, str | None]:
    """Why the difference of each object is none of the change."""
    return {each["name"]: each["only"] for each in manifests(ended)["changes"]}


# One object rendered twice

TWICE = {f"{TEMPLATES}/one.yaml": ACCOUNT, f"{TEMPLATES}/two.yaml": ACCOUNT}


def twice(sample: Sample) -> Sample:
    """The stack after a commit that renders a ServiceAccount twice."""
    sample.commit("feat: accounts", dict(TWICE))
    return sample


def test_an_object_that_is_rendered_twice_stops_a_simulation(tmp_path: Path) -> None:
    ended = simulate(twice(stack(tmp_path, {})), "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (2, "OBJECT_TWICE")
    assert all(Path(template).name in ended.json["error"]["message"] for template in TWICE)


@pytest.mark.parametrize("engine", ["render", "helm"])
def test_an_object_that_is_rendered_twice_stops_a_run_before_anything_is_done(tmp_path: Path, engine: str) -> None:
    sample = twice(stack(tmp_path, {}))
    before = sample.tracks()
    ended = sample.run(f"--engine={engine}")
    codes = [each["error"]["code"] for each in ended.json["preconditions"] if each["error"]]
    assert (ended.status, codes[0]) == (2, "OBJECT_TWICE")
    assert sample.tracks() == before


def test_an_object_that_new_values_render_twice_stops_a_redeploy(tmp_path: Path) -> None:
    guarded = f"{{{{- if .Values.twice }}}}\n{ACCOUNT}{{{{- end }}}}\n"
    sample = stack(tmp_path, {f"{TEMPLATES}/one.yaml": ACCOUNT, f"{TEMPLATES}/two.yaml": guarded})
    sample.edit("fix: twice", "envs/live/values.yaml", "size: 3", "size: 3\ntwice: true")
    before = sample.tracks()
    ended = sample.run()
    assert (ended.status, ended.json["decision"], ended.json["error"]["code"]) == (2, "redeploy", "OBJECT_TWICE")
    assert sample.tracks() == before


# Noise


@pytest.mark.slow
def test_labels_with_the_version_are_one_line(tmp_path: Path) -> None:
    services = {
        f"{TEMPLATES}/{name}.yaml": f"apiVersion: v1\nkind: Service\n{METADATA % name}\n" for name in ("a", "b", "c")
    }
    config = f"apiVersion: v1\nkind: ConfigMap\n{METADATA % 'app'}\ndata: {{size: {{{{ .Values.size | quote }}}}}}\n"
    checksum = (
        "annotations: {checksum/config: '{{ include (print $.Template.BasePath \"/config.yaml\") . | sha256sum }}'}"
    )
    web = (
        f"apiVersion: apps/v1\nkind: Deployment\n{METADATA % 'web'}\nspec:\n  template:\n    metadata: {{{checksum}}}\n"
    )
    sample = stack(tmp_path, {**services, f"{TEMPLATES}/config.yaml": config, f"{TEMPLATES}/web.yaml": web})
    sample.edit("feat: a default that the target overrides", "charts/app/values.yaml", "size: 1", "size: 2")
    ended = simulate(sample, "--output=json")
    assert ended.status == 0
    assert only(ended) == dict.fromkeys(("a", "b", "c", "app", "web"), "chart labels")
    assert manifests(ended)["diff"] == ""
    (line,) = (line for line in simulate(sample).stdout.splitlines() if "only chart-version labels differ" in line)
    assert "5 objects" in line


RANDOM = {
    "a password": (
        'apiVersion: v1\nkind: Secret\nmetadata: {name: it}\nstringData: {a: {{ randAlphaNum 8 | quote }}, b: "%s"}\n'
    ),
    "a certificate": (
        '{{- $ca := genCA "x" 1 }}\napiVersion: v1\nkind: Secret\nmetadata: {name: it}\n'
        'data: {a: {{ $ca.Cert | b64enc }}, b: "%s"}\n'
    ),
    "the time": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it}\ndata: {a: "{{ now | unixEpoch }}", b: "%s"}\n',
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "a password" else pytest.mark.slow) for name in RANDOM]
)
def test_what_differs_in_every_render_is_marked(tmp_path: Path, name: str) -> None:
    sample = stack(tmp_path, {f"{TEMPLATES}/it.yaml": RANDOM[name] % 1})
    sample.edit("fix: size", "envs/live/values.yaml", "size: 3", "size: 4")
    seen = only(simulate(sample, "--output=json"))
    if name == "the time":  # base and head may be of one second
        seen.setdefault("it", "every render")
    assert seen == {"app": None, "it": "every render"}
    sample.commit("fix: another", {f"{TEMPLATES}/it.yaml": RANDOM[name] % 2})
    changed = simulate(sample, "--output=json")
    assert only(changed)["it"] is None
    assert [line for line in manifests(changed)["diff"].splitlines() if line.startswith("+ ")][:1] != []
    assert sum(line.startswith(("+  a:", "-  a:")) for line in manifests(changed)["diff"].splitlines()) == 0


@pytest.mark.slow
def test_one_difference_of_many_targets_is_shown_once_with_all_of_them(tmp_path: Path) -> None:
    names = [f"t{number}" for number in range(1, 5)]
    shared = "env: prod, release: app, values: [envs/all.yaml], watch: [envs/all.yaml]"
    targets = "".join(f"  {name}: {{engine: render, client_name: {name}, {shared}}}\n" for name in names)
    config = f"chart: {{registry: ../registry}}\ntargets:\n{targets}"
    sample = stack(tmp_path, {".stage6.yaml": config, "envs/all.yaml": "size: 3\n"})
    sample.edit("fix: all", "envs/all.yaml", "size: 3", "size: 4")
    text = simulate(sample).stdout
    assert text.count("+  size: '4'") == 1
    assert ", ".join(names) in text
    assert len(simulate(sample, "--output=json").json["manifests"]) == len(names)


@pytest.mark.slow
def test_a_file_of_several_lines_is_a_block_and_the_verdict_comes_last(tmp_path: Path) -> None:
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n"
        '  nginx.conf: "server {\\n\\tlisten %s;  \\n}\\n"\n'
    )
    sample = stack(tmp_path, {f"{TEMPLATES}/config.yaml": config % 80})
    sample.commit("fix: a port", {f"{TEMPLATES}/config.yaml": config % 81})
    lines = simulate(sample).stdout.splitlines()
    assert "  -  \tlisten 80;  " in [line.replace("  -    \t", "  -  \t") for line in lines]
    assert lines[-1].startswith("PUBLISH  publish 0.1.1")
    assert "1 object would change" in lines[-1]


def test_images_and_hooks_are_told(tmp_path: Path) -> None:
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}\n"
        "spec: {template: {spec: {containers: [{name: run, image: 'app:%s'}]}}}\n"
    )
    sample = stack(tmp_path, {f"{TEMPLATES}/job.yaml": job % 1})
    sample.commit("fix: an image", {f"{TEMPLATES}/job.yaml": job % 2})
    found = manifests(simulate(sample, "--output=json"))
    assert found["images"] == [{"object": "Job/migrate", "container": "run", "before": "app:1", "after": "app:2"}]
    assert {each["name"]: each["hook"] for each in found["changes"]}["migrate"] == "pre-upgrade"


# YAML as Helm reads it

ODD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: a.example.org\t\n"
    "  annotations: {build/date: 2024-01-01}\nspec:\n  enum:\n  - =\n  - =~\n  size: {{ .Values.size }}\n"
)


@pytest.mark.slow
def test_values_and_manifests_that_only_helm_can_read(tmp_path: Path) -> None:
    sample = stack(tmp_path, {f"{TEMPLATES}/crd.yaml": ODD})
    values = "match: =\nday: 2024-13-45\nat: 1:30\ntab:\tx\t\nuntyped: !unknown x\nsize: 4\n"
    sample.commit("fix: odd values", {"envs/live/values.yaml": values})
    ended = simulate(sample, "--output=json")
    assert (ended.status, only(ended)) == (0, {"a.example.org": None, "app": None})
    assert sample.run().status == 0
    assert sample.command("status").status == 0


# Tags that a clone lacks


def merge_request(repo: Drawn) -> dict[str, str]:
    """What GitLab sets for the pipeline of a merge request of the last commit."""
    return {
        "GITLAB_CI": "true",
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_COMMIT_SHA": repo.head,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": repo.git("rev-parse", "HEAD~1"),
    }


@pytest.mark.parametrize("depth", rest_slow([1, 2, 20], 1))
@pytest.mark.parametrize("step", ["fix: c [charts/app/values.yaml]", "fix: d [envs/live/values.yaml]"])
def test_a_checkout_without_tags_does_not_know_the_version(tmp_path: Path, depth: int, step: str) -> None:
    release = ("feat: a [charts/app/Chart.yaml envs/live/values.yaml]", "tag v2.3.4")
    repo = draw(tmp_path / "repo", *release, "docs: b [README.md]", "docs: b [README.md]", step)
    origin = bare(repo, tmp_path / "origin.git")
    local = draw(tmp_path / "local")
    local.git("remote", "add", "origin", origin.as_uri())
    local.git(
        "fetch", "--quiet", f"--depth={depth}", "--no-tags", "origin", "+refs/heads/main:refs/remotes/origin/main"
    )
    local.git("checkout", "--quiet", "--detach", "origin/main")
    env = merge_request(repo)
    ended = command("simulate", "--output=json", cwd=local.path, env=env)
    assert (ended.status, ended.json["error"]["code"]) == (8, "VERSION_UNKNOWN")
    assert "GIT_DEPTH" in ended.json["error"]["hint"]
    assert "tags" in ended.json["error"]["hint"]
    if depth > 1:
        assert ended.json["version"] is None
    online = command("simulate", "--online", "--output=json", cwd=local.path, env=env)
    assert online.json["latest"]["version"] == "2.3.4"


def test_a_clone_that_was_made_without_tags_does_not_know_the_version(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", "feat: a [charts/app/Chart.yaml]", "tag v2.3.4", "fix: b [charts/app/values.yaml]")
    local = clone(repo, tmp_path / "clone", "--no-tags")
    ended = command("simulate", "--base=HEAD~1", "--output=json", cwd=local.path)
    assert (ended.status, ended.json["error"]["code"], ended.json["version"]) == (8, "VERSION_UNKNOWN", None)


def test_a_whole_clone_of_a_repository_without_a_release_is_the_first_one(tmp_path: Path) -> None:
    sample = small(tmp_path)
    sample.edit("fix: size", "charts/app/values.yaml", "size: 1", "size: 2")
    ended = simulate(sample, "--output=json")
    assert (ended.status, ended.json["version"]) == (0, "0.1.0")


# Subcharts

SUBCHART = {
    "Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "templates/config.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\ndata: {a: {{ .Values.a | quote }}}\n"
    ),
    "values.yaml": "a: 1\n",
}


def subchart(directory: Path) -> Path:
    """The archive of a subchart."""
    for name, content in SUBCHART.items():
        file = directory / "sub" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    subprocess.run([find_helm("helm3"), "package", directory / "sub", "-d", directory], check=True, capture_output=True)
    return directory / "sub-1.0.0.tgz"


def with_subchart(tmp_path: Path, repository: str, env: dict[str, str] | None = None) -> tuple[Sample, Path]:
    """A stack whose chart has a subchart from a registry, and the archive of that; nothing was released."""
    archive = subchart(tmp_path)
    if env:
        host = repository.removeprefix("oci://").partition("/")[0]
        login = ["registry", "login", host, "--username", USERNAME, "--password", PASSWORD]
        helm = str(find_helm("helm3"))
        subprocess.run([helm, *login], check=True, capture_output=True, env=env)
        subprocess.run(
            [helm, "push", str(archive), repository, "--plain-http"], check=True, capture_output=True, env=env
        )
    chart = (
        "apiVersion: v2\nname: small\nversion: 0.0.0\ndependencies:\n"
        f"- {{name: sub, version: 1.0.0, repository: '{repository}'}}\n"
    )
    sample = small(tmp_path / "sample", {"charts/app/Chart.yaml": chart, "charts/app/Chart.lock": lock(repository)})
    sample.edit("fix: the subchart's value", "charts/app/values.yaml", "size: 1", "size: 1\nsub: {a: 2}")
    return sample, archive


def lock(repository: str) -> str:
    """Chart.lock as helm writes it."""
    from jetscale_cicd.decide.chart.chart_lock import _digest  # helm's own needs a repository that answers
    from jetscale_cicd.decide.chart.chart_yaml import Dependency

    pinned = (Dependency(name="sub", version="1.0.0", repository=repository),)
    dependency = f"- name: sub\n  repository: {repository}\n  version: 1.0.0\n"
    return f"dependencies:\n{dependency}digest: {_digest(pinned, pinned)}\ngenerated: '2026-01-01T00:00:00Z'\n"


@pytest.mark.parametrize("committed", [True, False])
def test_a_subchart_that_is_in_charts_as_locked_is_rendered(tmp_path: Path, committed: bool) -> None:
    sample, archive = with_subchart(tmp_path, "https://charts.example.test/public")
    vendored = {"charts/app/charts/sub-1.0.0.tgz": archive.read_bytes()}
    if committed:
        sample.commit("chore: vendor it", dict(vendored))
        sample.edit("fix: the value again", "charts/app/values.yaml", "a: 2", "a: 3")
    else:
        for path, content in vendored.items():
            sample.repo.write(path, content)
    ended = simulate(sample, "--output=json")
    assert (ended.status, ended.stderr) == (0, ended.stderr)
    assert "sub" in only(ended)


@pytest.mark.slow
def test_the_work_tree_is_simulated_with_the_subcharts_that_it_has(tmp_path: Path) -> None:
    sample, archive = with_subchart(tmp_path, "https://charts.example.test/public")
    sample.repo.write(".git/info/exclude", "*.tgz\n")
    sample.repo.write("charts/app/charts/sub-1.0.0.tgz", archive.read_bytes())
    sample.repo.write("charts/app/values.yaml", "size: 1\nsub: {a: 9}\n")
    ended = sample.command("simulate", "--base=HEAD", "--worktree", "--output=json")
    assert (ended.status, only(ended).get("sub", "absent")) == (0, None)


def test_another_version_in_charts_is_not_the_locked_one(tmp_path: Path) -> None:
    sample, archive = with_subchart(tmp_path, "https://charts.example.test/public")
    sample.repo.write("charts/app/charts/sub-0.9.0.tgz", archive.read_bytes())
    assert simulate(sample).status == 8


def test_a_subchart_that_is_nowhere_here_is_no_green_simulation(tmp_path: Path) -> None:
    sample, _ = with_subchart(tmp_path, "oci://registry.example.test/private")
    ended = simulate(sample, "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (8, "NOT_RENDERED")
    assert "--online" in ended.json["error"]["hint"]
    assert "DEPENDENCY_UNREACHABLE" in manifests(ended)["note"]


@pytest.mark.slow
def test_a_private_subchart_is_rendered_online_with_the_login_of_its_registry(tmp_path: Path) -> None:
    with serve(tmp_path / "data", login=True) as host:
        home = {"HELM_REGISTRY_CONFIG": str(tmp_path / "login.json"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        sample, _ = with_subchart(tmp_path, f"oci://{host}/private", home)
        online = simulate(sample, "--online", "--output=json", env=home)
        offline = simulate(sample, "--output=json", env=home)
    assert (online.status, offline.status) == (0, 8), online.stderr
    assert "sub" in only(online)


def test_the_document_of_a_failed_simulation_is_json(tmp_path: Path) -> None:
    sample, _ = with_subchart(tmp_path, "oci://registry.example.test/private")
    assert json.loads(simulate(sample, "--output=json").stdout)["decision"] == "publish"
