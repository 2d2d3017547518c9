"""A chart that asks its cluster for something, where no cluster is asked: by the target's keys, or with a note."""

from pathlib import Path

import pytest

from tests.conftest import find_helm
from tests.support.sample import CONFIG, SMALL, Sample, small

# What depends on a cluster is tried by the quick suite in tests/engines.
pytestmark = pytest.mark.slow

CONFIG_FILE, CHART, TEMPLATE = ".stage6.yaml", "charts/app/Chart.yaml", "charts/app/templates/asks.yaml"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: asks}\n"
NEWER = SMALL[CHART] + 'kubeVersion: ">=1.50.0-0"\n'
THING = '{{ if not (.Capabilities.APIVersions.Has "example.test/v1/Thing") }}{{ fail "no Thing" }}{{ end }}' + MAP
LATER = '{{ if semverCompare "<1.50-0" .Capabilities.KubeVersion.Version }}{{ fail "too old" }}{{ end }}' + MAP
LOOKUP = '{{ if not (lookup "v1" "Secret" "x" "y") }}{{ fail "no Secret" }}{{ end }}' + MAP
BROKEN = '{{ if .Capabilities.APIVersions.Has "apps/v1" }}{{ required "no name" .Values.name }}{{ end }}' + MAP

ASKS: dict[str, dict[str, str | bytes | None]] = {
    "a constraint": {CHART: NEWER},
    "an API": {TEMPLATE: THING},
    "a version": {TEMPLATE: LATER},
    "all of them": {CHART: NEWER, TEMPLATE: THING, "charts/app/templates/later.yaml": LATER.replace("asks", "later")},
}
KEYS = "kube_version: '1.50', api_versions: [example.test/v1/Thing]"


def simulated(stack: Sample, *arguments: str) -> tuple[int, str, object]:
    """Exit status, note and objects of a simulation of the last commit."""
    ended = stack.command("simulate", "--output=json", "--base=HEAD~1", *arguments)
    (diff,) = ended.json["manifests"]
    return ended.status, diff["note"] or "", diff["objects"]


# Each alone is rare; all of them at once show the same.
ALONE = [pytest.param(name, marks=[] if name == "all of them" else pytest.mark.slow) for name in ASKS]


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("engine", ["helm", "render"])
def test_where_no_cluster_is_asked_a_simulation_guesses_and_notes_it(
    any_helm: Path, tmp_path: Path, name: str, engine: str
) -> None:
    stack = small(tmp_path, {CONFIG_FILE: CONFIG.replace("render", engine)}, any_helm)
    stack.commit("fix: ask", ASKS[name])
    status, note, _ = simulated(stack)
    assert status == 0
    assert "targets.live: kube_version and api_versions" in note


@pytest.mark.parametrize("name", ALONE)
def test_what_the_target_says_of_its_cluster_counts(any_helm: Path, tmp_path: Path, name: str) -> None:
    stack = small(tmp_path, {CONFIG_FILE: CONFIG.replace("render}", f"render, {KEYS}}}"), **ASKS[name]}, any_helm)
    ended = stack.run()
    assert ended.status == 0, ended.stderr
    stack.commit("fix: more", {"envs/live/values.yaml": "size: 4\n"})
    assert simulated(stack)[:2] == (0, "")


def test_what_is_deployed_as_it_is_rendered_is_not_guessed(tmp_path: Path) -> None:
    """The engine render writes what it renders: a guess would be deployed."""
    stack = small(tmp_path, {TEMPLATE: THING}, find_helm("helm4"))
    ended = stack.run()
    error = ended.json["error"]
    assert (ended.status, error["code"]) == (5, "RENDER_FAILED")
    assert "targets.live: kube_version and api_versions" in error["hint"]
    assert stack.published == []


def test_an_error_that_every_cluster_would_give_is_one(any_helm: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=any_helm)
    stack.commit("fix: break it", {TEMPLATE: BROKEN})
    status, note, _ = simulated(stack)
    assert status != 0
    assert "RENDER_FAILED" in note


def test_an_object_that_has_to_be_looked_up_is_a_note(any_helm: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=any_helm)
    stack.commit("fix: look it up", {TEMPLATE: LOOKUP})
    _, note, objects = simulated(stack)
    assert "CLUSTER_UNKNOWN" in note
    assert not objects


@pytest.mark.parametrize(
    "key", ["kube_version: 1.34", "kube_version: latest", "api_versions: [Apps/V1]", "api_versions: x"]
)
def test_a_key_that_is_no_version_is_refused(tmp_path: Path, key: str) -> None:
    stack = small(tmp_path, {CONFIG_FILE: CONFIG.replace("render}", f"render, {key}}}")})
    ended = stack.run()
    assert ended.status == 2
    assert ended.json["error"]["where"].startswith(".stage6.yaml:2:")
