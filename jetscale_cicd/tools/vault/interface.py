"""The interface of a vault."""

from typing import Protocol

from jetscale_cicd.model.vault import VaultAnswer


class VaultReader(Protocol):
    """Knows whether an entry has what the contract names; values are looked at in ``check``, and stay there."""

    def check(self, entry: str, keys: tuple[str, ...], may_be_empty: tuple[str, ...], /) -> VaultAnswer:
        """Whether an entry exists and has these keys; every failure is an answer, and nothing is raised.

        Args:
            entry: its name.
            keys: what it has to have.
            may_be_empty: those of them that need no content.
        """
