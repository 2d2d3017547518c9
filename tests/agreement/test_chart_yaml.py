"""A Chart.yaml is read and stamped as helm itself reads and packages it."""

import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.decide.chart.helm_yaml import read_mapping
from jetscale_cicd.decide.chart.stamp import stamp
from jetscale_cicd.errors import ConfigurationError
from tests.decide.chart.test_chart_yaml import FILE, HEAD


@pytest.mark.parametrize(
    "text", ["1.2.3", "2026-01-02", "7", "-5", "0.25", "123456789012345", "nan", "v1", "'1.10'", "~"]
)
def test_a_string_that_is_read_is_what_helm_reads(helm: Path, tmp_path: Path, text: str) -> None:
    chart = f"{HEAD}appVersion: {text}\n"
    (tmp_path / "Chart.yaml").write_text(chart)
    assert packaged(helm, tmp_path).get("appVersion", "") == read_mapping(chart, FILE, "CHART_YAML").string(
        "appVersion"
    )


@pytest.mark.parametrize(
    "text", ["1.10", "1.0", "1e3", "0o17", "017", "0x1F", "1_000", "+1", ".5", "y", "on", "1234.5678"]
)
def test_a_string_that_is_refused_is_one_that_helm_rewrites(helm: Path, tmp_path: Path, text: str) -> None:
    chart = f"{HEAD}appVersion: {text}\n"
    (tmp_path / "Chart.yaml").write_text(chart)
    assert packaged(helm, tmp_path)["appVersion"] != text
    with pytest.raises(ConfigurationError, match="Helm reads") as caught:
        read_mapping(chart, FILE, "CHART_YAML").string("appVersion")
    assert caught.value.where == f"{FILE}:4:13"
    assert parse_chart(chart, FILE).app_version == text  # Stage 6 writes its own in any case


def test_helm_packages_the_stamped_versions(helm: Path, tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text(stamp(HEAD + "home: x\n", "1.2.3-rc.1+b", "1e3", FILE))
    assert packaged(helm, tmp_path) == {
        "apiVersion": "v2",
        "name": "app",
        "version": "1.2.3-rc.1+b",
        "appVersion": "1e3",
        "home": "x",
    }


def packaged(helm: Path, chart: Path) -> dict[str, str]:
    """The Chart.yaml that Helm writes into the package."""
    subprocess.run([helm, "package", chart, "--destination", chart / "out"], check=True, capture_output=True)
    (archive,) = (chart / "out").iterdir()
    with tarfile.open(archive) as tar:
        member = tar.extractfile("app/Chart.yaml")
        assert member
        document: dict[str, str] = yaml.safe_load(member.read())
    return document
