"""Entries that are asked for several at a time, and answered in their order."""

import threading

import pytest

from jetscale_cicd.model.vault import VaultAnswer, VaultName, VaultState
from jetscale_cicd.tools.vault.every_entry import check_entries

ENTRIES = {f"entry-{number}": (f"KEY_{number}",) for number in range(20)}


class Reader:
    """Answers once several wait."""

    def __init__(self, together: int) -> None:
        self.all_here = threading.Barrier(together, timeout=10)

    def check(self, entry: str, keys: tuple[str, ...], may_be_empty: tuple[str, ...], /) -> VaultAnswer:
        self.all_here.wait()
        return VaultAnswer(entry=entry, vault=VaultName.AWS, state=VaultState.MET, why=f"{keys} {may_be_empty}")


def test_entries_are_asked_for_side_by_side_and_answered_in_their_order() -> None:
    answers = check_entries(Reader(4), ENTRIES, ("X",))
    assert [each.entry for each in answers] == list(ENTRIES)
    assert [each.why for each in answers] == [f"{keys} ('X',)" for keys in ENTRIES.values()]


def test_no_entry_is_no_answer() -> None:
    assert check_entries(Reader(1), {}) == ()


def test_a_bug_of_a_reader_is_raised_where_the_answers_are_waited_for() -> None:
    class Wrong(Reader):
        def check(self, entry: str, keys: tuple[str, ...], may_be_empty: tuple[str, ...], /) -> VaultAnswer:
            raise LookupError(entry)

    with pytest.raises(LookupError):
        check_entries(Wrong(1), ENTRIES)
