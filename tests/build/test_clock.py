"""Charts that may render the time."""

import io
import tarfile

import pytest

from jetscale_cicd.build.clock import mentions_time


def archive(name: str, text: str) -> bytes:
    """A chart with one file."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        entry = tarfile.TarInfo(f"app/{name}")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text.encode()))
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("templates/a.yaml", "a: {{ now | unixEpoch }}", True),
        ("templates/_a.tpl", "{{- $at := now }}", True),
        ("charts/sub/templates/a.yaml", '{{ date "15:04:05" (now) }}', True),
        ("templates/a.yaml", "a: now\nb: {{ .Values.known }}", False),
        ("values.yaml", "a: '{{ now }}'", False),
    ],
)
def test_a_template_that_asks_for_the_time(name: str, text: str, expected: bool) -> None:
    assert mentions_time(archive(name, text)) is expected
