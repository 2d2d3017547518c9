"""The chart of a commit: its Chart.yaml, and its name as the registry takes it."""

from jetscale_cicd.decide.chart.chart_yaml import ChartFile, parse_chart
from jetscale_cicd.decide.chart.oci_name import check_oci_name
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.observe.git.files import read_files
from jetscale_cicd.observe.git.repository import Repository


def chart_name(repository: Repository, commit: str, folder: str, registry: str) -> str:
    """Name in Chart.yaml at a commit.

    Args:
        registry: where the chart is published.

    Raises:
        ConfigurationError: as ``read_chart``.
    """
    return read_chart(repository, commit, folder, registry).name


def read_chart(repository: Repository, commit: str, folder: str, registry: str) -> ChartFile:
    """Chart.yaml at a commit.

    Args:
        registry: where the chart is published.

    Raises:
        ConfigurationError: ``CHART_MISSING``, Chart.yaml is not usable as committed, or the registry has no place for a
            chart of this name.
    """
    where = f"{folder}/Chart.yaml"
    (content,) = read_files(repository, commit, (where,))
    if content is None:
        raise ConfigurationError(
            "CHART_MISSING",
            f"commit {commit[:12]} has no chart there",
            where=where,
            hint="check chart.path in .stage6.yaml",
        )
    chart = parse_chart(content.decode("utf-8", "replace"), where)
    check_oci_name(chart.name, registry, where)
    return chart
