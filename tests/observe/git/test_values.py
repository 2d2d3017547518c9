"""The digest of a target's values: it changes with all that a deploy would give helm, and with nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.observe.git.values import Values

VALUES = Values(
    files=(("envs/a.yaml", b"size: 1\n"), ("envs/b.yaml", b"")),
    namespace="shop-prod",
    release="app",
    secrets=(("db.password", "PASSWORD"), ("db.user", "USER")),
)


def test_the_same_values_have_the_same_digest() -> None:
    assert replace(VALUES).digest == VALUES.digest
    assert VALUES.digest.startswith("sha256:")


@pytest.mark.parametrize(
    "other",
    [
        replace(VALUES, namespace="shop-test"),
        replace(VALUES, release="other"),
        replace(VALUES, files=VALUES.files[:1]),
        replace(VALUES, files=(VALUES.files[1], VALUES.files[0])),
        replace(VALUES, files=(("envs/a.yaml", b"size: 2\n"), VALUES.files[1])),
        replace(VALUES, files=(("envs/c.yaml", b"size: 1\n"), VALUES.files[1])),
        replace(VALUES, files=(("envs/a.yaml", b"size: 1\nenvs/b.yaml"), ("", b""))),
        replace(VALUES, secrets=()),
        replace(VALUES, secrets=VALUES.secrets[:1]),
        replace(VALUES, secrets=(("db.password", "OTHER"), VALUES.secrets[1])),
        replace(VALUES, secrets=(("db.other", "PASSWORD"), VALUES.secrets[1])),
        replace(VALUES, secrets=(("db.password", "USER"), ("db.user", "PASSWORD"))),
        replace(VALUES, namespace="shop-prodapp", release=""),
    ],
)
def test_other_values_have_another_digest(other: Values) -> None:
    assert other.digest != VALUES.digest


def test_files_are_written_in_helms_order_and_nobody_else_reads_them(tmp_path: Path) -> None:
    written = VALUES.write(tmp_path / "new" / "values")
    assert [file.read_bytes() for file in written] == [b"size: 1\n", b""]
    assert [file.stat().st_mode & 0o077 for file in (*written, written[0].parent)] == [0, 0, 0]
