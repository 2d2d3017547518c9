"""What a vault answered about an entry of the contract: a state, and names that are safe to show.

No field ever holds a value of the vault, a part of one, its length or its hash.
"""

from enum import StrEnum

from jetscale_cicd.model.record import frozen


class VaultName(StrEnum):
    """Which vault was asked."""

    AWS = "AWS Secrets Manager"
    HASHICORP = "HashiCorp Vault"


class VaultState(StrEnum):
    """What is known about an entry."""

    MET = "met"
    DESCRIBED = "described"  # met, as far as can be seen without its value
    ABSENT = "absent"
    NO_VALUE = "no value"
    NOT_JSON = "not JSON"
    KEY_MISSING = "key missing"
    KEY_EMPTY = "key empty"
    MARKED_FOR_DELETION = "marked for deletion"
    DECRYPTION_FAILED = "decryption failed"
    DENIED = "denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"  # an answer that is none of these
    # What follows is true of the whole vault, whichever entry was asked for.
    WRONG_REGION = "wrong region"  # where to ask is not known: no region or address, or one that does not exist
    NO_CREDENTIALS = "no credentials"
    EXPIRED_CREDENTIALS = "expired credentials"
    CREDENTIALS_REFUSED = "credentials refused"
    SETTING_WRONG = "setting wrong"  # a file or a variable of the vault's client cannot be used
    NO_CLIENT = "no client"  # the package that asks is not installed

    @property
    def of_whole_vault(self) -> bool:
        """Whether every other entry has the same answer."""
        return self in _OF_WHOLE_VAULT


_OF_WHOLE_VAULT = (
    VaultState.UNREACHABLE,
    VaultState.WRONG_REGION,
    VaultState.NO_CREDENTIALS,
    VaultState.EXPIRED_CREDENTIALS,
    VaultState.CREDENTIALS_REFUSED,
    VaultState.SETTING_WRONG,
    VaultState.NO_CLIENT,
)


@frozen(kw_only=True)
class Near:
    """A key of an entry that is spelled almost as one that is missing: at most two characters are others."""

    missing: str
    found: str


@frozen(kw_only=True)
class VaultAnswer:
    """What is known about one entry, all of it safe to show.

    Args:
        entry: its name, as the contract has it.
        vault: which one was asked.
        place: where: a region of AWS, or the address of a vault; "" where none is known.
        missing: required keys that it lacks.
        near: keys that may be meant by missing ones.
        empty: required keys without content.
        needs: what the account of this run may not do: ``secretsmanager:GetSecretValue``.
        resource: on what.
        why: the cause in words: of the client or the server, never of a value.
        date: when it was marked for deletion, ``2026-01-31``; "" where that is not known.
        version: the version that was deleted, where the vault has numbers.
    """

    entry: str
    vault: VaultName
    state: VaultState
    place: str = ""
    missing: tuple[str, ...] = ()
    near: tuple[Near, ...] = ()
    empty: tuple[str, ...] = ()
    needs: str = ""
    resource: str = ""
    why: str = ""
    date: str = ""
    version: str = ""
