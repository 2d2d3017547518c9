"""What of a chart depends on its cluster, by its text, and which clusters would have what it asks for."""

import pytest

from jetscale_cicd.decide.chart.cluster_needs import ClusterNeeds, cluster_needs
from jetscale_cicd.model.capabilities import Capabilities

PLAIN = {"app/Chart.yaml": b"apiVersion: v2\nname: app\n", "app/templates/a.yaml": b'kind: {{ "apps/v1" }}\n'}


def needs(template: str, name: str = "app/templates/b.yaml") -> ClusterNeeds:
    return cluster_needs({**PLAIN, name: template.encode()})


def test_a_chart_that_asks_for_nothing_renders_alike_everywhere() -> None:
    assert not cluster_needs(PLAIN).any


@pytest.mark.parametrize(
    "template",
    [
        "{{ .Capabilities.KubeVersion.Version }}",
        "{{ $.Capabilities.APIVersions.Has (printf `%s/v1` .x) }}",
        '{{ (lookup "v1" "Secret" "" "").items }}',
        "{{- $found := lookup $a $b $c $d }}",
    ],
)
@pytest.mark.parametrize(
    "name", ["app/templates/_x.tpl", "app/charts/sub/templates/x.yaml", "app/charts/s.tgz!/s/templates/x"]
)
def test_what_a_template_asks_a_cluster_for_counts(template: str, name: str) -> None:
    assert needs(template, name).any


@pytest.mark.parametrize("text", ["values: lookup\n", "# .Capabilities\n"])
def test_a_file_that_is_no_template_does_not(text: str) -> None:
    assert not needs(text, "app/values.yaml").any


@pytest.mark.parametrize("name", ["app/Chart.yaml", "app/charts/sub/Chart.yaml", "app/charts/s.tgz!/s/Chart.yaml"])
def test_a_constraint_of_any_chart_in_it_counts(name: str) -> None:
    found = needs('name: sub\nkubeVersion: ">=1.33.0-0"\n', name)
    assert found.any
    assert found.constrained


def test_the_apis_that_are_named_are_those_of_templates_that_ask() -> None:
    found = needs(
        '{{ if .Capabilities.APIVersions.Has "x.test/v1beta2/Thing" }}{{ end }} "no" `policy/v1` "v1" "a/b/c"'
    )
    assert found.api_versions == ("x.test/v1beta2/Thing", "policy/v1", "v1")


def versions(constraint: str) -> list[str]:
    found = needs(f"kubeVersion: '{constraint}'\n", "app/charts/sub/Chart.yaml")
    return [guess.kube_version for guess in found.guesses(Capabilities())]


@pytest.mark.parametrize(
    ("constraint", "inside"),
    [
        (">=1.33.0-0", "v1.33.0"),
        (">1.33.0", "v1.33.1"),
        ("^1.33", "v1.33.0"),
        ("1.20 - 1.24", "v1.24.0"),
        (">=1.20.0-0 <1.25.0-0", "v1.20.0"),
        ("<1.25.0", "v1.24.0"),
        ("~1.30.4 || ~1.31.2", "v1.31.2"),
    ],
)
def test_a_version_inside_of_a_constraint_is_guessed(constraint: str, inside: str) -> None:
    assert inside in versions(constraint)


def test_what_is_known_is_not_guessed() -> None:
    known = Capabilities("v1.34", ("a/v1",))
    found = ClusterNeeds(asks=True, kube_versions=(">=1.33",), api_versions=("b/v1",))
    assert list(found.guesses(known)) == []
    assert list(found.guesses(Capabilities("v1.34"))) == [Capabilities("v1.34", ("b/v1",))]


def test_no_constraint_makes_many_guesses() -> None:
    assert len(versions(" || ".join(f"1.{minor}.{patch}" for minor in range(99) for patch in range(9)))) <= 8
