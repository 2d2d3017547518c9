"""Archives: what is read of one is what helm renders."""

import gzip
import subprocess
import tarfile
from pathlib import Path

import pytest

from jetscale_cicd.decide.chart.packed import read_archive
from tests.support.archives import CHART, CHART_YAML, block, padded, tar, tgz

END = bytes(1024)
TEMPLATE = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"


@pytest.mark.parametrize(
    "archive",
    [
        tgz(("c/templates/x.yaml", TEMPLATE, {})),
        tgz(("c/templates/x.yaml", TEMPLATE, {}), form=tarfile.PAX_FORMAT),
        gzip.compress(
            tar(chart=True)[:1024]
            + (block(b"c/y", b"x", 27) + padded(b"27 path=c/templates/x.yaml\n"))
            + (block(b"c/y", b"0", len(TEMPLATE)) + padded(TEMPLATE) + END)
        ),
        gzip.compress(
            tar(chart=True)[:1024]
            + block(b"x.yaml", b"0", len(TEMPLATE), prefix=b"c/templates")
            + (padded(TEMPLATE) + END)
        ),
    ],
)
def test_helm_renders_the_files_that_are_read(archive: bytes, helm: Path, tmp_path: Path) -> None:
    assert dict(read_archive(archive))["c/templates/x.yaml"] == TEMPLATE
    file = tmp_path / "c.tgz"
    file.write_bytes(archive)
    rendered = subprocess.run([helm, "template", "r", file], capture_output=True, text=True, check=False)
    assert ("kind: ConfigMap" in rendered.stdout) is True, rendered.stderr


def test_an_archive_of_helm_itself_is_read(helm: Path, tmp_path: Path) -> None:
    chart = tmp_path / "c"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_bytes(CHART_YAML)
    (chart / "templates" / ("größe-" + "n" * 120)).write_bytes(TEMPLATE)
    subprocess.run([helm, "package", chart, "--destination", tmp_path], capture_output=True, check=True)
    (archive,) = tmp_path.glob("*.tgz")
    names = {file.name for file in read_archive(archive.read_bytes())}
    assert names == {CHART, "c/templates/größe-" + "n" * 120}
