"""The entries of a contract, several at a time."""

from collections.abc import Mapping

from jetscale_cicd.model.vault import VaultAnswer
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.vault.interface import VaultReader


def check_entries(
    reader: VaultReader, entries: Mapping[str, tuple[str, ...]], may_be_empty: tuple[str, ...] = ()
) -> tuple[VaultAnswer, ...]:
    """What a vault answers about each entry, in their order.

    Args:
        entries: name to the keys that it has to have.
        may_be_empty: keys that need no content.
    """
    return tuple(each_beside(lambda entry: reader.check(*entry, may_be_empty), entries.items()))
