"""The runbook of a deploy to Live: what `.stage6.yaml` of this repository says of it, and commands with its names."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.settings import Settings
from jetscale_cicd.decide.contract.vault_commands import Commands, commands_of
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.vault import VaultAnswer, VaultName, VaultState
from jetscale_cicd.tools.helm import Helm, ReleaseLocation, RevisionNote
from jetscale_cicd.tools.process import Finished
from scripts.docs.check_notes import NOTES
from scripts.docs.checks import every_check, wrapped
from scripts.docs.source import PROJECT

# What is typed in place of the archive that a run hands to helm.
_ARCHIVE, _VERSION = Path("archive.tgz"), "VERSION"
_COMMAND_WIDTH = 100
_HELM_3, _HELM_4 = (3, 22, 0), (4, 3, 1)
# Who has to act, in the order in which a deploy depends on them.
_OWNERS = {
    "Terraform": "Terraform (the pipes)",
    "people": "People (the values of the vault, and decisions)",
    "the chart": "Helm (the intent: chart and values)",
    "`.stage6.yaml`": "`.stage6.yaml`",
    "the cluster": "Whoever owns what is in the way on the cluster",
    "the CI": "The CI (what a job is given)",
    "the repository": "The repository",
    "the registry": "The registry",
}


def live_contract() -> str:
    """Where Live is, and what others have to have made for it."""
    return "\n" + "\n".join(line for fact in _facts() for line in wrapped(f"- {fact}")) + "\n"


def _facts() -> Iterator[str]:
    settings, target = _settings(), _live()
    what = f"Helm release `{target.release}` in namespace `{target.namespace}`, of the chart `{_reference(settings)}`"
    values, minutes = _listed(target.values), target.timeout // 60
    yield f"{target.url}: {what}, with {values}. A deploy waits at most {minutes} minutes."
    for name, keys in target.contract.aws_secrets.items():
        entry = f"AWS Secrets Manager, `{name}`: an object with {_listed(keys)}"
        yield f"{entry}. Terraform makes the entry, people keep its value."
    wanted = _listed(target.contract_external_secrets)
    yield f"ExternalSecrets, synced: {wanted}. Terraform makes them, their stores, and External Secrets Operator."
    made = _listed(target.contract_secrets)
    yield f"Secrets, of which the operator makes those of an ExternalSecret: {made}."
    for name, keys in target.contract_secrets.items():
        if keys:
            yield f"In Secret `{name}`, each with a value: {_listed(keys)}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def live_command() -> str:
    """The command of a deploy, as Stage 6 runs it with helm 4, with the address in place of the file."""
    target = _live()
    words, with_helm_3 = _upgrade(target, _HELM_4), _upgrade(target, _HELM_3)
    third, fourth = (
        " ".join(each for each in one if each not in other)
        for one, other in ((with_helm_3, words), (words, with_helm_3))
    )
    at = words.index(str(_ARCHIVE))
    words[at : at + 1] = [_reference(_settings()), "--version", _VERSION]
    words += ["--create-namespace"] if target.create_namespace else []
    shown = " \\\n  ".join(_lines(_options(words)))
    return f"```sh\n{shown}\n```\n\nhelm 3 has `{third}` in place of `{fourth}`.\n"


def _lines(parts: Iterable[str]) -> Iterator[str]:
    line = ""
    for part in parts:
        if len(line) + len(part) > _COMMAND_WIDTH:
            yield line
            line = ""
        line = f"{line} {part}".strip()
    yield line


def _options(words: Sequence[str]) -> Iterator[str]:
    """The words, an option with its argument as one."""
    part = ""
    for word in words:
        if part and (word.startswith("--") or not part.startswith("--")):
            yield part
            part = ""
        part = f"{part} {shlex.quote(word)}".strip()
    yield part


class _Recorder:
    """Starts nothing, and keeps what would have been started."""

    def __init__(self) -> None:
        self.argv: list[str] = []

    def run(self, argv: Sequence[str], **_: object) -> Finished:
        self.argv = list(argv)
        return Finished("", 0, b"", "", "")


def _upgrade(target: Target, version: tuple[int, int, int]) -> list[str]:
    """The words of `helm upgrade`, without labels and description, which are the record's for people."""
    recorder: Any = _Recorder()
    helm = Helm(recorder, PROJECT, network=False)
    vars(helm)["known_version"] = version
    place = ReleaseLocation(
        release=target.release, namespace=target.namespace, context=target.context, timeout=target.timeout
    )
    helm.upgrade(place, _ARCHIVE, list(map(Path, target.values)), RevisionNote("", {}))
    words: list[str] = recorder.argv
    for option in ("--labels", "--description"):
        at = words.index(option)
        del words[at : at + 2]
    return words


def live_checks() -> str:
    """Every precondition by its owner, with the remedy."""
    parts = []
    for owner, title in _OWNERS.items():
        rows = [f"**{title}**", "", "| check | what has to hold | remedy |", "|---|---|---|"]
        rows += [
            f"| [`{each.id}`](preconditions.md#{each.id}) | {each.what} | {NOTES[each.id].remedy.rstrip('.')} |"
            for each in every_check()
            if NOTES[each.id].owner == owner
        ]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def live_mends() -> str:
    """Commands for the most likely failures, with the names of Live."""
    target = _live()
    parts = [_of_vault(target), _of_pipes(target), _of_context(), _of_rights(target)]
    return "\n" + "\n".join(parts)


def _of_vault(target: Target) -> str:
    (entry, keys), *_ = target.contract.aws_secrets.items()
    vault = _aws(entry)
    read = f"aws secretsmanager get-secret-value --secret-id {entry} --query SecretString --output text"
    return _section(
        "A key of the vault is missing",
        "`VAULT_KEY_MISSING`, `VAULT_KEY_EMPTY`, `VAULT_NO_VALUE`, `VAULT_NOT_JSON`: the owner of the value writes the "
        f"whole object, with {_listed(keys)}. No value on a command line, or in a checkout.",
        [
            vault.whoami,
            vault.look,
            'umask 077 && cd "$(mktemp -d)"',
            f"{read} > value.json   # what is there",
            "${EDITOR:-vi} value.json",
            vault.put,
            'rm value.json && cd "$OLDPWD"',
            "jetscale-cicd preflight --target live --only vault-values",
        ],
    )


def _aws(entry: str) -> Commands:
    return commands_of(VaultAnswer(entry=entry, vault=VaultName.AWS, state=VaultState.KEY_MISSING))


def _of_pipes(target: Target) -> str:
    name, within = target.contract_external_secrets[-1], f"--namespace {target.namespace}"
    return _section(
        "An ExternalSecret is not synced",
        "`EXTERNAL_SECRET_NOT_SYNCED`, `EXTERNAL_SECRET_STALE`: the error has the cause from the operator's event. A "
        "key that is missing: the vault, above. A right to read: Terraform. A dead operator: Terraform, or its pods.",
        [
            f"kubectl describe externalsecret {name} {within}",
            "kubectl get deployments --all-namespaces --selector app.kubernetes.io/name=external-secrets",
            f"kubectl annotate externalsecret {name} --overwrite force-sync=$(date +%s) {within}   # read at once",
            "jetscale-cicd preflight --target live --wait 5m",
        ],
    )


def _of_context() -> str:
    return _section(
        "The context leads to another cluster",
        "`CLUSTER_DIFFERS`: stop, and find out where you are. Never delete the record to get on.",
        [
            "kubectl config get-contexts",
            "kubectl get namespace kube-system --output jsonpath={.metadata.uid}",
            "git ls-remote origin 'refs/stage6/cluster/live/*'   # the cluster of the first deploy",
            "kubectl config use-context NAME",
        ],
    )


def _of_rights(target: Target) -> str:
    within = f"--namespace {target.namespace}"
    return _section(
        "A right is missing",
        "`RIGHT_MISSING`: the error has the rule, for Terraform to grant. As the account of the run:",
        [
            "kubectl auth whoami",
            f"kubectl auth can-i --list {within}",
            f"kubectl auth can-i create leases.coordination.k8s.io {within}",
        ],
    )


def _section(title: str, text: str, commands: Sequence[str]) -> str:
    return f"### {title}\n\n{chr(10).join(wrapped(text, ''))}\n\n```sh\n" + "\n".join(commands) + "\n```\n"


def _settings() -> Settings:
    return read_settings((PROJECT / ".stage6.yaml").read_text(), ".stage6.yaml")


def _live() -> Target:
    return next(each for each in _settings().targets if each.name == "live")


def _reference(settings: Settings) -> str:
    chart = yaml.safe_load((PROJECT / settings.chart.path / "Chart.yaml").read_text())
    return f"{settings.chart.registry}/{chart['name']}"
