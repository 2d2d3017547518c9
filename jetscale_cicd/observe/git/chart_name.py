"""The chart of a commit: its name."""

from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.observe.git.files import read_files
from jetscale_cicd.observe.git.repository import Repository


def chart_name(repository: Repository, commit: str, folder: str) -> str:
    """Name in Chart.yaml at a commit.

    Raises:
        ConfigurationError: ``CHART_MISSING``, or Chart.yaml is not usable as committed.
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
    return parse_chart(content.decode("utf-8", "replace"), where).name
