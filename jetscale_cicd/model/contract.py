"""What a target needs of others: Terraform makes the pipes, people keep the values of vaults, Helm has the intent."""

import re
from collections.abc import Mapping
from typing import Literal

from jetscale_cicd.model.field_rules import (
    apply_checks,
    check_object_name,
    check_text,
    check_url,
    check_variable,
)
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.shown import quoted

# AWS Secrets Manager, CreateSecret: the characters of a name; a full ARN has colons, too.
_AWS_SECRET = re.compile(r"[A-Za-z0-9/_+=.@:-]{1,2048}")
_VAULT_PATH = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.@+=-]+)+")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}")
_STORE = re.compile(r"(?:Cluster)?SecretStore/(.+)")
# Kubernetes, ConfigMap and Secret: the characters of a key.
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_LOOPBACK = re.compile(r"http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?(?:/|\Z)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?")

ReadValues = Literal["read", "describe"]


def check_key(text: str) -> None:
    """Refuse what Kubernetes would refuse as the key of a Secret."""
    if not _KEY.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not the key of a Secret: letters, digits, '-', '_' and '.'")


def check_store(text: str) -> None:
    """Refuse what names no store of External Secrets Operator."""
    match = _STORE.fullmatch(text)
    if match is None:
        raise ValueError(f"{quoted(text)} names no store: write SecretStore/NAME or ClusterSecretStore/NAME")
    check_object_name(match[1])


def check_aws_secret(text: str) -> None:
    """Refuse what is neither the name nor the ARN of a secret of AWS Secrets Manager."""
    if not _AWS_SECRET.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not the name of a secret of AWS Secrets Manager")


def check_region(text: str) -> None:
    """Refuse what is no region of AWS; "" stands for none."""
    if text and not _REGION.fullmatch(text):
        raise ValueError(f"{quoted(text)} is no region of AWS, such as eu-central-1")


def check_vault_path(text: str) -> None:
    """Refuse what is no path of a key-value engine: its mount, and what follows."""
    if not _VAULT_PATH.fullmatch(text) or ".." in text.split("/"):
        raise ValueError(f"{quoted(text)} is not a path of Vault: write mount/path, as for `vault kv get`")


def check_vault_address(text: str) -> None:
    """Refuse an address to which a token would go in clear; "" stands for none."""
    check_url(text)
    if text.startswith("http://") and not _LOOPBACK.match(text):
        raise ValueError("must be https://: the token of a run goes to it (http:// is for this machine alone)")


def check_entry_key(text: str) -> None:
    """Refuse what cannot be shown as the key of an entry of a vault."""
    check_text(text)
    if len(text) > 253:
        raise ValueError("a key has at most 253 characters")


def check_host(text: str) -> None:
    """Refuse what is not the host of a registry; "" stands for none."""
    if text and not _HOST.fullmatch(text):
        raise ValueError("must be the host of a registry, with its port where it has one, and without a path")


def check_optional_variable(text: str) -> None:
    """Refuse what is not the name of an environment variable; "" stands for none."""
    if text:
        check_variable(text)


@frozen(kw_only=True)
class Contract:
    """What has to be there before a target is deployed, and who owns it.

    Args:
        secrets: Secret of the namespace to the keys that it must have with a value; people or an operator make it.
        external_secrets: ExternalSecrets that must be synced; Terraform or Helm makes them.
        stores: stores of External Secrets Operator that must be ready: `SecretStore/name`, `ClusterSecretStore/name`.
        aws_secrets: secret of AWS Secrets Manager to the keys of its JSON object; people keep the values.
        aws_region: region of those; "" is that of AWS' own configuration.
        aws_values: `read` checks keys and values, which never leave the check; `describe` needs no right to read them.
        vault_secrets: path of HashiCorp Vault's key-value engine (`mount/path`) to its keys.
        vault_address: address of Vault; "" is VAULT_ADDR.
        may_be_empty: keys of those entries whose value may be empty.

    Raises:
        ValueError: a rule is broken; the sentence begins with the field.
    """

    secrets: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, hash=False, metadata={"check": check_key, "check_key": check_object_name}
    )
    external_secrets: tuple[str, ...] = field(default=(), metadata={"check": check_object_name})
    stores: tuple[str, ...] = field(default=(), metadata={"check": check_store})
    aws_secrets: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, hash=False, metadata={"check": check_entry_key, "check_key": check_aws_secret}
    )
    aws_region: str = field(default="", metadata={"check": check_region})
    aws_values: ReadValues = "read"
    vault_secrets: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, hash=False, metadata={"check": check_entry_key, "check_key": check_vault_path}
    )
    vault_address: str = field(default="", metadata={"check": check_vault_address})
    may_be_empty: tuple[str, ...] = field(default=(), metadata={"check": check_entry_key})

    def __post_init__(self) -> None:
        apply_checks(self)


@frozen(kw_only=True)
class PullSecret:
    """The Secret with which nodes pull the images: a run makes it, and keeps it up to date.

    Args:
        name: name of the Secret.
        environment: variable with a Docker configuration as JSON; with `registry`, with `user:password` for that.
        registry: host whose login is in it; without `environment` the login of this machine (`docker login`).

    Raises:
        ValueError: a rule is broken, or it has no login.
    """

    name: str = field(metadata={"check": check_object_name})
    environment: str = field(default="", metadata={"check": check_optional_variable})
    registry: str = field(default="", metadata={"check": check_host})

    def __post_init__(self) -> None:
        apply_checks(self)
        if not (self.environment or self.registry):
            raise ValueError("environment: or registry: must say where the login is")
