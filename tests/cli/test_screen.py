"""A table that stays in its place while lines scroll above it."""

import io

import pytest

from jetscale_cicd.cli.screen import Screen


def test_a_table_takes_the_place_of_the_one_before() -> None:
    screen = Screen(io.StringIO())
    assert screen.table(["a", "b"]) == "a\nb\n"
    assert screen.table(["c"]) == "\x1b[2A\x1b[Jc\n"


def test_a_line_takes_the_place_of_a_table_which_comes_again_below() -> None:
    screen = Screen(io.StringIO())
    screen.table(["a", "b"])
    assert screen.lines("message\n") == "\x1b[2A\x1b[Jmessage\n"
    assert screen.table(["a"]) == "a\n"


def test_the_last_table_is_left_as_it_is() -> None:
    screen = Screen(io.StringIO())
    screen.table(["a"])
    assert screen.table(()) == ""
    assert screen.lines("message\n") == "message\n"


def test_a_table_is_never_higher_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "6")
    monkeypatch.setenv("COLUMNS", "80")
    screen = Screen(io.StringIO())
    assert screen.table([str(number) for number in range(4)]) == "0\n1\n2\n3\n"
    assert screen.table([str(number) for number in range(9)]) == "\x1b[4A\x1b[J0\n1\n2\n  … and 6 more\n"
    assert screen.lines("message\n").startswith("\x1b[4A")


def test_what_is_no_terminal_gets_no_table() -> None:
    assert not Screen(io.StringIO()).is_terminal
