"""Which tags are releases of the chart in another format than the configured one, and which are none of its own."""

import pytest

from jetscale_cicd.decide.release.tag_formats import ChartNames, other_formats

NAMES = ChartNames("jetscale-stack", "charts/app")


def found(tag_format: str, *tags: str, names: ChartNames = NAMES) -> list[tuple[str, str]]:
    """Tag and format of each release in another format."""
    return [(each.tag, each.tag_format) for each in other_formats(tags, tag_format, names)]


@pytest.mark.parametrize(
    ("tag", "tag_format"),
    [
        ("1.4.2", "{version}"),
        ("V1.4.2", "V{version}"),
        ("r1.4.2", "r{version}"),
        ("release-1.4.2", "release-{version}"),
        ("release/v1.4.2", "release/v{version}"),
        ("rel_1.4.2", "rel_{version}"),
        ("version-1.4.2", "version-{version}"),
        ("v-1.4.2", "v-{version}"),
        ("chart-1.4.2", "chart-{version}"),
        ("charts/app/v1.4.2", "charts/app/v{version}"),
        ("helm-chart-1.4.2", "helm-chart-{version}"),
        ("helm/1.4.2", "helm/{version}"),
        ("jetscale-stack-1.4.2", "jetscale-stack-{version}"),
        ("jetscale-stack@v1.4.2", "jetscale-stack@v{version}"),
        ("release/jetscale-stack-1.4.2", "release/jetscale-stack-{version}"),
        ("v1.4", ""),
        ("1.4", ""),
    ],
)
def test_a_release_of_the_repository_or_of_the_chart_is_found_with_its_format(tag: str, tag_format: str) -> None:
    assert found("v{version}", tag) == [(tag, tag_format)]


@pytest.mark.parametrize(
    "tag",
    [
        *("v1.4.2", "v0.0.1"),  # the configured format itself
        *("backend-1.4.2", "docs/v1.4.2", "app-1.4.2", "other@1.4.2", "jetscale-1.4.2", "stack-1.4.2"),
        *("1.4.2-rc.1", "v1.4.2+build", "1.4.2-old", "1.4.2.1", "01.4.2", "v1", "20240101", "nightly", "1.4.2/x"),
        *("deploy-2024-01-05-1.2.3-x", "v1.4.2-charts", "", "v" * 300 + "1.4.2"),
    ],
)
def test_whatever_else_a_repository_tags_is_none(tag: str) -> None:
    assert found("v{version}", tag) == []


@pytest.mark.parametrize(
    ("tag_format", "tags", "expected"),
    [
        ("chart-{version}", ["1.4.2", "v1.4.2", "release-1.4.2"], []),
        ("chart-{version}", ["chart-v1.4.2", "jetscale-stack-1.4.3"], ["jetscale-stack-1.4.3", "chart-v1.4.2"]),
        ("stack-v{version}", ["v1.4.2", "stack-1.4.2", "other-1.4.2"], ["stack-1.4.2"]),
        ("{version}", ["v1.4.2", "other-1.4.2"], ["v1.4.2"]),
        ("v{version}-ga", ["v1.4.2", "1.4.2-ga", "v1.4.2-ga"], ["v1.4.2", "1.4.2-ga"]),
    ],
)
def test_a_format_that_names_a_component_is_compared_with_tags_of_that_component_and_of_the_chart(
    tag_format: str, tags: list[str], expected: list[str]
) -> None:
    assert [tag for tag, _ in found(tag_format, *tags)] == expected


def test_the_highest_of_each_format_is_kept_in_numbers_and_the_highest_is_first() -> None:
    tags = ["1.9.0", "1.10.0", "release-2.0.0", "V0.1.0", "1.2.0"]
    assert [tag for tag, _ in found("v{version}", *tags)] == ["release-2.0.0", "1.10.0", "V0.1.0"]


def test_the_folder_of_the_chart_is_a_name_only_beside_a_word_for_charts() -> None:
    names = ChartNames("demo", "deploy/web")
    assert found("v{version}", "web-1.0.0", names=names) == []
    assert found("v{version}", "chart-web-1.0.0", names=names) == [("chart-web-1.0.0", "chart-web-{version}")]
