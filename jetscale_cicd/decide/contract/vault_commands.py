"""The commands of a vault's own client, as a person would type them."""

import shlex

from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.vault import VaultAnswer, VaultName

# Where a person writes the whole value, so that none is on a command line.
_FILE = "value.json"


@frozen(kw_only=True)
class Commands:
    """Commands for one entry.

    Args:
        look: shows what is there, without a value.
        put: gives it the value in a file.
        restore: undoes its deletion.
        whoami: shows whose credentials are used.
        grant: what a policy has to say, in words.
    """

    look: str
    put: str
    restore: str
    whoami: str
    grant: str


def commands_of(answer: VaultAnswer) -> Commands:
    """The commands for the entry of an answer."""
    return _aws(answer) if answer.vault is VaultName.AWS else _hashicorp(answer)


def _aws(answer: VaultAnswer) -> Commands:
    of = ["--secret-id", answer.entry, *(["--region", answer.place] if answer.place else [])]
    client = ["aws", "secretsmanager"]
    resource = answer.resource
    if answer.needs.startswith("secretsmanager:") and not resource.startswith("arn:"):
        resource = f"arn:aws:secretsmanager:{answer.place or '*'}:*:secret:{resource}-*"
    return Commands(
        look=shlex.join([*client, "describe-secret", *of]),
        put=shlex.join([*client, "put-secret-value", *of, "--secret-string", f"file://{_FILE}"]),
        restore=shlex.join([*client, "restore-secret", *of]),
        whoami="aws sts get-caller-identity",
        grant=f"allow {answer.needs} on {resource} in a policy of its role",
    )


def _hashicorp(answer: VaultAnswer) -> Commands:
    version = answer.version or "VERSION"
    return Commands(
        look=shlex.join(["vault", "kv", "metadata", "get", answer.entry]),
        put=shlex.join(["vault", "kv", "put", answer.entry, f"@{_FILE}"]),
        restore=shlex.join(["vault", "kv", "undelete", f"-versions={version}", answer.entry]),
        whoami="vault token lookup",
        grant=f'path "{answer.resource}" {{ capabilities = ["{answer.needs}"] }} in a policy of its token',
    )
