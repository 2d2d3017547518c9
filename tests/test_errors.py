"""The family of errors: one exit status per class, one class per code, and something to do next."""

import pytest

from jetscale_cicd.errors import Stage6Error
from scripts.docs.codes import CLASSES, CODE, all_codes


def test_every_class_has_an_exit_status_of_its_own() -> None:
    statuses = [cls.exit_status for cls in CLASSES.values()]
    assert len(set(statuses)) == len(statuses)
    assert all(cls.meaning for cls in CLASSES.values())


def test_the_scan_sees_the_errors_of_the_package() -> None:
    assert len(all_codes()) > 130
    # One of each way to make one: a class, a helper, a method, a constant, a record, a row of a table, a fallback.
    ways = ("TAG_TAKEN", "PROBE_ADDRESS", "CONFIG_TYPE", "HELD", "HOOK_FAILED", "IMAGE_PULL", "PODS_NOT_CREATED")
    assert set(ways) <= set(all_codes())


@pytest.mark.parametrize("code", sorted(all_codes()))
def test_a_code_belongs_to_one_class(code: str) -> None:
    assert len(all_codes()[code].classes) == 1
    assert CODE.fullmatch(code)
    assert code.replace("_", "").isalpha()


def test_an_error_is_its_message() -> None:
    error = Stage6Error("CODE", "it broke", hint="mend it", where="a:1:2")
    assert (str(error), error.code, error.hint, error.where) == ("it broke", "CODE", "mend it", "a:1:2")
