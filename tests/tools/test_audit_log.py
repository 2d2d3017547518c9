"""The audit log: a line for each entry, whole or not at all, and without a secret."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.tools.audit_log import append_audit, check_audit
from jetscale_cicd.tools.redact import Redactor

NOBODY = Redactor.of(())


def refused(file: Path) -> str:
    with pytest.raises(ConfigurationError) as error:
        check_audit(file)
    return error.value.code


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_entries_are_appended_a_line_each(tmp_path: Path) -> None:
    for number in range(3):
        append_audit(tmp_path / "audit", {"n": number, "text": "a\nb"}, NOBODY)
    assert [line["n"] for line in lines(tmp_path / "audit")] == [0, 1, 2]


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    append_audit(tmp_path / "audit", {}, NOBODY)
    assert (tmp_path / "audit").stat().st_mode & 0o077 == 0


def test_a_secret_is_not_written(tmp_path: Path) -> None:
    append_audit(tmp_path / "audit", {"message": "with s3cret-token"}, Redactor.of(["s3cret-token"]))
    assert "s3cret" not in (tmp_path / "audit").read_text()
    assert len(lines(tmp_path / "audit")) == 1


def test_lines_of_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    def write(name: str) -> None:
        for _ in range(50):
            append_audit(tmp_path / "audit", {"name": name, "text": name * 500}, NOBODY)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tmp_path / "audit")) == 200


def test_where_no_file_is_named_nothing_is_written(tmp_path: Path) -> None:
    append_audit(None, {}, NOBODY)
    check_audit(None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["audit", "new"])
def test_a_file_that_can_be_written_is_fine_before_and_after_it_is_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "audit").touch()
    check_audit(tmp_path / name)
    assert not (tmp_path / "new").exists()


def test_what_is_no_file_or_in_no_directory_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path, tmp_path / "pipe", tmp_path / "absent" / "audit"):
        assert refused(file) == "AUDIT_UNWRITABLE"


def test_a_disk_that_is_full_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError) as error:
        append_audit(Path("/dev/full"), {"a": 1}, NOBODY)
    assert error.value.code == "AUDIT_UNWRITABLE"


def test_a_pipe_that_nobody_reads_is_an_error_and_no_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError):
        append_audit(tmp_path / "pipe", {"a": 1}, NOBODY)


def test_an_entry_that_is_written_in_part_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(ConfigurationError) as error:
            append_audit(tmp_path / "pipe", {"a": "x" * (1 << 22)}, NOBODY)  # more than a pipe holds
    finally:
        os.close(reading)
    assert error.value.code == "AUDIT_UNWRITABLE"


def test_a_mask_breaks_no_line(tmp_path: Path) -> None:
    file = tmp_path / "audit"
    append_audit(file, {"schema": 1, "error": {"message": 'a "b": c'}}, Redactor.of(['": "', '"b": c'], 4))
    assert json.loads(file.read_text()) == {"schema": 1, "error": {"message": "a ***"}}
