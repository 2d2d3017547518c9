"""The entries of a contract, several at a time."""

from collections.abc import Mapping
from threading import Lock

from jetscale_cicd.model.vault import VaultAnswer
from jetscale_cicd.tools.vault.interface import VaultReader
from jetscale_cicd.tools.worker import helper_thread

_AT_A_TIME = 8


def check_entries(
    reader: VaultReader, entries: Mapping[str, tuple[str, ...]], may_be_empty: tuple[str, ...] = ()
) -> tuple[VaultAnswer, ...]:
    """What a vault answers about each entry, in their order.

    Args:
        entries: name to the keys that it has to have.
        may_be_empty: keys that need no content.
    """
    waiting, lock = list(entries.items())[::-1], Lock()
    answers: dict[str, VaultAnswer] = {}
    bugs: list[BaseException] = []

    def work() -> None:
        try:
            while True:
                with lock:
                    if not waiting or bugs:
                        return
                    entry, keys = waiting.pop()
                answers[entry] = reader.check(entry, keys, may_be_empty)
        except BaseException as bug:  # noqa: BLE001 - raised again in the thread that waits
            bugs.append(bug)

    threads = [helper_thread(work) for _ in range(min(_AT_A_TIME, len(entries)))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if bugs:
        raise bugs[0]
    return tuple(answers[entry] for entry in entries)
