"""Entries of a vault that are not as the contract says: what is wrong, who owns it, and the command that mends it.

Terraform makes an entry, and people own its value. A value is never a part of a command line, which others can list.
"""

from collections.abc import Iterable, Iterator

from jetscale_cicd.decide.contract.vault_commands import Commands, commands_of
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.vault import VaultAnswer, VaultName, VaultState


def vault_findings(answers: Iterable[VaultAnswer]) -> tuple[Stage6Error, ...]:
    """What is wrong with each entry, in their order; what is true of a whole vault is one finding for all of them."""
    return tuple(_findings(tuple(answers)))


def _findings(answers: tuple[VaultAnswer, ...]) -> Iterator[Stage6Error]:
    told: set[tuple[VaultState, str, str]] = set()
    for answer in answers:
        if answer.state in (VaultState.MET, VaultState.DESCRIBED):
            continue
        if not answer.state.of_whole_vault:
            yield from _of_entry(answer)
            continue
        cause = (answer.state, answer.place, answer.why)
        if cause not in told:
            told.add(cause)
            same = [each.entry for each in answers if (each.state, each.place, each.why) == cause]
            yield _of_vault(answer, ", ".join(same))


def _of_entry(answer: VaultAnswer) -> Iterator[Stage6Error]:
    """What is wrong with one entry: of its keys, those that are missing and those that are empty."""
    entry, commands = f"{answer.entry} in {_place(answer)}", commands_of(answer)
    if answer.state in (VaultState.KEY_MISSING, VaultState.KEY_EMPTY):
        yield from _of_keys(answer, entry, commands)
    elif found := _of_existence(answer, entry, commands):
        yield found
    else:
        yield _unknown(answer, entry, commands)


def _of_keys(answer: VaultAnswer, entry: str, commands: Commands) -> Iterator[Stage6Error]:
    write = f"write the whole object, with every key, to value.json, and: {commands.put}; then delete the file"
    if answer.missing:
        spelled = "".join(f"; is {near.found} meant to be {near.missing}?" for near in answer.near)
        yield PreconditionError(
            "VAULT_KEY_MISSING",
            f"the value of {entry} lacks {', '.join(answer.missing)}{spelled}",
            where=answer.entry,
            hint=f"whoever owns the value: {write}",
        )
    if answer.empty:
        yield PreconditionError(
            "VAULT_KEY_EMPTY",
            f"the value of {entry} has nothing in {', '.join(answer.empty)}",
            where=answer.entry,
            hint=f"whoever owns the value: {write}",
        )


def _of_existence(answer: VaultAnswer, entry: str, commands: Commands) -> PreconditionError | None:
    """What is known not to hold."""
    where = answer.entry
    if answer.state is VaultState.ABSENT:
        return PreconditionError(
            "VAULT_ENTRY_MISSING",
            f"there is no {entry}",
            where=where,
            hint=f"is that the right place? Then Terraform has to make it; see: {commands.look}",
        )
    if answer.state is VaultState.NO_VALUE:
        return PreconditionError(
            "VAULT_NO_VALUE",
            f"{entry} has no current value",
            where=where,
            hint=f"whoever owns the value: write it to value.json, and: {commands.put}; then delete the file",
        )
    if answer.state is VaultState.NOT_JSON:
        return PreconditionError(
            "VAULT_NOT_JSON",
            f"the value of {entry} is no JSON object with each key once: {answer.why}",
            where=where,
            hint=f"whoever owns the value: write an object to value.json, and: {commands.put}; then delete the file",
        )
    if answer.state is VaultState.MARKED_FOR_DELETION:
        date = f", with the date {answer.date}" if answer.date else ""
        return PreconditionError(
            "VAULT_MARKED_FOR_DELETION",
            f"{entry} is marked for deletion{date}, so that nobody can read it",
            where=where,
            hint=f"does Terraform destroy it? If it is needed: {commands.restore}",
        )
    return None


def _unknown(answer: VaultAnswer, entry: str, commands: Commands) -> CannotTellError:
    """What could not be known of one entry."""
    why = f": {answer.why}" if answer.why else ""
    where = answer.entry
    if answer.state is VaultState.DENIED:
        return CannotTellError(
            "VAULT_DENIED",
            f"cannot tell whether {entry} is as it has to be: needs {answer.needs} on {answer.resource}{why}",
            where=where,
            hint=f"{commands.grant}; an entry that is not there can be refused alike",
        )
    if answer.state is VaultState.DECRYPTION_FAILED:
        return CannotTellError(
            "VAULT_DECRYPTION",
            f"{entry} cannot be decrypted{why}",
            where=where,
            hint=f"is its KMS key enabled, and in this region? Which one it is: {commands.look}",
        )
    if answer.state is VaultState.THROTTLED:
        return CannotTellError(
            "VAULT_THROTTLED",
            f"{_place(answer)} refuses to answer about {answer.entry}, as it is asked too often{why}",
            where=where,
            hint="run again in a minute",
        )
    return CannotTellError(
        "VAULT_UNREADABLE",
        f"the answer about {entry} cannot be read{why}",
        where=where,
        hint=f"what does its own client say? {commands.look}",
    )


def _of_vault(answer: VaultAnswer, entries: str) -> Stage6Error:
    """What is true of a whole vault, with the entries that could not be looked at."""
    commands, place, why = commands_of(answer), _place(answer), f": {answer.why}" if answer.why else ""
    if answer.state is VaultState.WRONG_REGION:
        return PreconditionError(
            "VAULT_REGION",
            f"{place} cannot be asked for {entries}{why}",
            where=entries,
            hint=_OF_PLACE[answer.vault],
        )
    if answer.state is VaultState.NO_CREDENTIALS:
        return CannotTellError(
            "VAULT_NO_CREDENTIALS",
            f"there are no credentials to ask {place} for {entries}{why}",
            where=entries,
            hint=_OF_LOGIN[answer.vault],
        )
    if answer.state is VaultState.EXPIRED_CREDENTIALS:
        return CannotTellError(
            "VAULT_CREDENTIALS_EXPIRED",
            f"the credentials to ask {place} for {entries} have expired{why}",
            where=entries,
            hint=_OF_LOGIN[answer.vault],
        )
    if answer.state is VaultState.CREDENTIALS_REFUSED:
        return CannotTellError(
            "VAULT_CREDENTIALS_REFUSED",
            f"{place} does not take the credentials of this run, for {entries}{why}",
            where=entries,
            hint=f"whose are they, and is the clock of this machine right? {commands.whoami}",
        )
    return _of_client(answer, entries, place, why)


def _of_client(answer: VaultAnswer, entries: str, place: str, why: str) -> Stage6Error:
    """What this machine has to have, and a way to the vault."""
    if answer.state is VaultState.NO_CLIENT:
        return CannotTellError(
            "VAULT_CLIENT_MISSING",
            f"{place} cannot be asked for {entries}{why}",
            where=entries,
            hint="pip install 'jetscale-cicd[aws]'",
        )
    if answer.state is VaultState.SETTING_WRONG:
        return CannotTellError(
            "VAULT_SETTING",
            f"{place} cannot be asked for {entries}{why}",
            where=entries,
            hint=_OF_SETTING[answer.vault],
        )
    return CannotTellError(
        "VAULT_UNREACHABLE",
        f"{place} does not answer about {entries}{why}",
        where=entries,
        hint=_OF_NETWORK[answer.vault],
        unreachable=True,
    )


def _place(answer: VaultAnswer) -> str:
    return f"{answer.vault}, {answer.place}" if answer.place else str(answer.vault)


_OF_PLACE = {
    VaultName.AWS: "name the region of the entries: contract.aws_region of the target, or AWS_REGION",
    VaultName.HASHICORP: "set VAULT_ADDR to the address of the vault, for example https://vault.example.com:8200",
}
_OF_LOGIN = {
    VaultName.AWS: "in CI: a step such as aws-actions/configure-aws-credentials; elsewhere: aws sso login",
    VaultName.HASHICORP: "in CI: export VAULT_TOKEN from a login of its own; elsewhere: vault login",
}
_OF_SETTING = {
    VaultName.AWS: "correct it; what is in force: aws configure list",
    VaultName.HASHICORP: "correct it; what is in force: vault status",
}
_OF_NETWORK = {
    VaultName.AWS: "is there a way from here to its endpoint (proxy, VPC endpoint)? aws sts get-caller-identity",
    VaultName.HASHICORP: "is it up and unsealed, and is there a way from here? vault status",
}
