"""Values that another tool decrypts on their way to helm, which takes ciphertext for the value."""

import re
from collections.abc import Iterable

from jetscale_cicd.config.bounded_yaml import load_documents
from jetscale_cicd.errors import ConfigurationError

# A value of sops: its path in the file is authenticated with it, so that nothing can decrypt it anywhere else.
_SOPS = "ENC[AES256_GCM,data:"
# A single value of ansible-vault. Without its YAML tag, which helm drops, it may be a file that a container decrypts.
_ANSIBLE_VAULT = re.compile(rb"!vault[ \t]*[|>][-+0-9]{0,2}[ \t\r]*(?:#[^\n]{0,200})?\n[ \t]*\$ANSIBLE_VAULT;")


def check_decrypted(content: bytes, where: str) -> None:
    """Refuse a values file that holds ciphertext in place of values.

    Args:
        content: the whole file.
        where: its path, for the error.

    Raises:
        ConfigurationError: ``VALUES_ENCRYPTED``, by sops or ansible-vault; ``VALUES``, it is no usable YAML.
    """
    if _ANSIBLE_VAULT.search(content):
        raise _encrypted("ansible-vault", where)
    if _SOPS.encode() in content and _holds(_SOPS, load_documents(content, where, "VALUES")):
        raise _encrypted("sops", where)


def _holds(start: str, values: Iterable[object]) -> bool:
    left = list(values)
    while left:
        value = left.pop()
        if isinstance(value, str) and value.startswith(start):
            return True
        left += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return False


def _encrypted(tool: str, where: str) -> ConfigurationError:
    return ConfigurationError(
        "VALUES_ENCRYPTED",
        f"a value is encrypted by {tool}, and helm would deploy the ciphertext",
        where=where,
        hint="take the value from the environment (targets.<name>.secrets), or from a Secret that something else makes",
    )
