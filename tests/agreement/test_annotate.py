"""Annotations are what helm itself reads."""

import subprocess
from pathlib import Path

import pytest

from jetscale_cicd.decide.chart.annotate import annotate
from tests.decide.chart.test_annotate import HEAD, OURS

TEXTS = {
    "none": HEAD,
    "null": HEAD + "annotations:\n",
    "tilde": HEAD + "annotations: ~ # none\n",
    "comments only": HEAD + "annotations:\n  # a: b\nhome: https://x.test\n",
    "block": HEAD + "annotations:\n    a: b # kept\n    c: |\n      text\n",
    "flow": HEAD + "annotations: {a: b}\n",
    "empty": HEAD + "annotations: {}\n",
    "one of ours": HEAD + "annotations:\n  org.opencontainers.image.source: https://mine.test/x\n",
    "quoted": '"apiVersion": "v2"\n"name": "app"\n"version": "1.0.0"\n"annotations": {"a": "b"}\n',
    "all in braces": "{apiVersion: v2, name: app, version: 1.0.0}\n",
    "braces and null": "{apiVersion: v2, name: app, version: 1.0.0, annotations: }\n",
    "a document": f"---\n{HEAD}",
    "windows": HEAD.replace("\n", "\r\n"),
    "no last newline": HEAD.rstrip("\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_annotations_are_added_and_helm_reads_them(helm: Path, tmp_path: Path, name: str) -> None:
    text = TEXTS[name]
    annotated = annotate(text, OURS, "Chart.yaml")
    assert annotated is not None
    for line in text.splitlines():
        if "annotations" not in line and "{" not in line:
            assert line in annotated
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Chart.yaml").write_bytes(annotated.encode())
    shown = subprocess.run(
        [str(helm), "show", "chart", str(tmp_path / "app")], capture_output=True, text=True, check=True
    ).stdout
    assert "org.opencontainers.image.revision: abc" in shown
    source = "https://mine.test/x" if name == "one of ours" else "https://git.test/a/b"
    assert f"org.opencontainers.image.source: {source}" in shown
    assert ("  a: b" in shown) == (name in ("block", "flow", "quoted"))
