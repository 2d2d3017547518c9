"""Parity of two targets: their values, contracts and manifests at one commit, compared offline."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from jetscale_cicd.build.clock import mentions_time
from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.config.settings import Settings
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.chart.merged_values import Values, merged
from jetscale_cicd.decide.cluster.deploy_record import nested
from jetscale_cicd.decide.cluster.manifest_text import mask
from jetscale_cicd.decide.cluster.manifests import Manifest, check_rendered_once, parse_manifests, secrets_in
from jetscale_cicd.decide.parity.allowed import with_reasons
from jetscale_cicd.decide.parity.attribution import Effects, attributed
from jetscale_cicd.decide.parity.contract import contract_differences
from jetscale_cicd.decide.parity.key_lines import key_lines
from jetscale_cicd.decide.parity.names import Names, Who
from jetscale_cicd.decide.parity.objects import manifest_differences
from jetscale_cicd.decide.parity.paths import Path as KeyPath
from jetscale_cicd.decide.parity.values import exchanged, value_differences
from jetscale_cicd.decide.parity.veil import Veil
from jetscale_cicd.errors import CannotTellError, ConfigurationError, PreconditionError, Stage6Error
from jetscale_cicd.model.parity import Difference, DifferenceKind, Differences, Parity
from jetscale_cicd.model.record import field, frozen, replace
from jetscale_cicd.model.shown import quoted
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.values import check_values, read_values
from jetscale_cicd.observe.secret_values import STAND_IN
from jetscale_cicd.planning.local_subcharts import local_mirrors
from jetscale_cicd.planning.target_manifests import render_target

_UNRELEASED = Version(0, 0, 0)
_ORDER = {kind: at for at, kind in enumerate(DifferenceKind)}

Manifests = tuple[Manifest, ...]


def compare_targets(context: RunContext, one: Target, other: Target, *, fails: bool) -> Parity:
    """How two targets differ at the commit of the context, apart from what makes them two.

    Args:
        fails: a difference that is not allowed is a failure, whatever the configuration says.

    Raises:
        Stage6Error: the values, or the manifests of one of them, cannot be used or rendered.
        CannotTellError: ``NOT_RENDERED``, this machine lacks a part of the chart.
    """
    sides = _Side.of(context, one), _Side.of(context, other)
    names = Names.of(sides[0].who, sides[1].who)
    written = {
        **value_differences(sides[0].values, sides[1].values, (sides[0].place, sides[1].place)),
        **contract_differences(
            _required(one), _required(other), names, (_contract_place(context, one), _contract_place(context, other))
        ),
    }
    rendered, notes, unknown = _Renders(context, *sides, names, _archive(context)).differences()
    settings = context.settings.parity
    allow = settings.allow_for(one.name, other.name)
    found = sorted((*written.values(), *rendered), key=lambda each: (_ORDER[each.kind], each.subject))
    differences, stale = with_reasons(found, allow)
    return Parity(
        one=one.name,
        other=other.name,
        head=context.head,
        differences=differences,
        stale=() if unknown else stale,
        notes=notes,
        unknown=unknown,
        fails=fails or settings.fails_for(one.name, other.name),
    )


def two_targets(settings: Settings, names: Sequence[str]) -> tuple[Target, Target]:
    """The targets to compare: the two that are named, else those of the configuration, else the only two.

    Raises:
        ConfigurationError: ``USAGE``, they are not two; ``UNKNOWN_TARGET``.
    """
    known = {target.name: target for target in (*settings.targets, *settings.left_out)}
    wanted = tuple(names) or settings.parity.between or (tuple(known) if len(known) == 2 else ())
    every = ", ".join(known)
    if len(wanted) != 2 or len(set(wanted)) != 2:
        hint = f"jetscale-cicd parity ONE OTHER; targets are: {every}"
        raise ConfigurationError("USAGE", "parity compares two targets, and needs their names", hint=hint)
    if unknown := [name for name in wanted if name not in known]:
        raise ConfigurationError(
            "UNKNOWN_TARGET", f"there is no target {quoted(unknown[0])}", where="parity", hint=f"targets are: {every}"
        )
    return known[wanted[0]], known[wanted[1]]


def _required(target: Target) -> dict[DifferenceKind, dict[str, tuple[str, ...]]]:
    contract = target.contract
    return {
        DifferenceKind.SECRET: dict(target.contract_secrets),
        DifferenceKind.EXTERNAL_SECRET: dict.fromkeys(target.contract_external_secrets, ()),
        DifferenceKind.STORE: dict.fromkeys(contract.stores, ()),
        DifferenceKind.AWS_SECRET: dict(contract.aws_secrets),
        DifferenceKind.VAULT_SECRET: dict(contract.vault_secrets),
    }


def _contract_place(context: RunContext, target: Target) -> str:
    """``file:line`` of the contract of a target, of its other keys where it has none."""
    for key in ("contract", "required_secrets", "required_external_secrets", "values", "release"):
        origin = context.settings.origins.get(f"targets.{target.name}.{key}", "default")
        if origin != "default":
            return origin.rpartition(":")[0]
    return ""


def _archive(context: RunContext) -> Path:
    """The package that both targets get."""
    packager = replace(context.packager, mirrors=local_mirrors(context, context.head))
    try:
        return Path(packager.package(context.head, _UNRELEASED).path)
    except PreconditionError as missing:
        raise CannotTellError(
            "NOT_RENDERED",
            f"the manifests could not be rendered here: {missing.code}: {missing.message}",
            where=missing.where,
            hint=f"helm dependency build {context.settings.chart.path} puts the subcharts where they are found offline",
        ) from None


@frozen
class _Side:
    """One target: its values as Helm merges them, and where each is written."""

    target: Target
    values: Values
    place: Callable[[KeyPath], str]

    @classmethod
    def of(cls, context: RunContext, target: Target) -> "_Side":
        """Read, and checked as a run checks them; in place of a secret is a stand-in."""
        read = read_values(context.repository, context.head, target)
        check_values(read, target)
        files = [(load_mapping(content, path, "VALUES"), content, path) for path, content in read.files]
        secrets = context.settings.origins.get(f"targets.{target.name}.secrets", "").rpartition(":")[0]
        lines = [(path, key_lines(content, path)) for _, content, path in files]
        values = merged((*(values for values, *_ in files), nested(_stand_ins(target))))
        return cls(target, values, partial(_place, lines, secrets))

    @property
    def who(self) -> Who:
        """What it is called; client and environment as the target says them, else as its values do."""
        given = self.values.get("global")
        said = given if isinstance(given, dict) else {}
        client, env = (str(said.get(key) or "") for key in ("client_name", "env"))
        target = self.target
        return Who(
            name=target.name,
            namespace=target.namespace,
            release=target.release,
            client_name=target.client_name or client,
            env=target.env or env,
        )


def _stand_ins(target: Target) -> dict[str, str]:
    """No secret is read to compare targets."""
    return dict.fromkeys(target.secrets, STAND_IN)


def _place(lines: Sequence[tuple[str, dict[KeyPath, int]]], secrets: str, path: KeyPath) -> str:
    """Where a key is written: in the last file that has it, or where the secrets of the target are."""
    for file, found in reversed(lines):
        if path in found:
            return f"{file}:{found[path]}"
    return secrets


@frozen
class _Renders:
    """What helm renders of one package for two targets, and for each of them under the names of the other."""

    context: RunContext
    one: _Side
    other: _Side
    names: Names
    archive: Path
    notes: list[str] = field(default_factory=list)

    def differences(self) -> tuple[tuple[Difference, ...], tuple[str, ...], Stage6Error | None]:
        """Every difference with its cause; on which assumptions, and why causes are unknown, if they are."""
        one, other = (self._render(side, side) for side in (self.one, self.other))
        for manifests, side in ((one, self.one), (other, self.other)):
            check_rendered_once(manifests, side.target.name, side.target.namespace)
        if not (found := self._compared(one, other)):
            return (), self._said(), None
        try:
            effects = self._effects(one, other)
        except Stage6Error as refused:
            return attributed(found, None), self._said(), self._unknown(refused)
        return attributed(found, effects), self._said(), None

    def _effects(self, one: Manifests, other: Manifests) -> Effects:
        """What differs between renders with the same values; and where anything does, between more alike ones."""
        others = self._compared(one, self._render(self.one, self.other)).keys() | (
            self._compared(self._render(self.other, self.one), other).keys()
        )
        if not others:
            return Effects()
        if mentions_time(self.archive.read_bytes()):
            time.sleep(1)  # what differs by the second does so in the next render
        again = self._compared(one, self._render(self.one, self.one)).keys() | (
            self._compared(other, self._render(self.other, self.other)).keys()
        )
        able: frozenset[str] = frozenset()
        if _capabilities(self.one.target) != _capabilities(self.other.target):
            able = frozenset(self._compared(one, self._render(self.one, self.one, able=self.other))) | frozenset(
                self._compared(self._render(self.other, self.other, able=self.one), other)
            )
        return Effects(noise=frozenset(again), capabilities=able, others=frozenset(others))

    def _render(self, values: _Side, names: _Side, *, able: _Side | None = None) -> Manifests:
        """Render the values of one side under the names of another.

        Args:
            able: whose cluster it is rendered for; None is that of the names.
        """
        place, cluster = names.target, (able or names).target
        target = replace(
            values.target,
            namespace=place.namespace,
            release=place.release,
            kube_version=cluster.kube_version,
            api_versions=cluster.api_versions,
        )
        more: list[object] = [nested(stand_ins)] if (stand_ins := _stand_ins(target)) else []
        if values is not names:
            more.append(self._exchanged(values, names))
        rendered = render_target(self.context, target, self.archive, self.context.head, more, preview=True)
        if values is names and able is None:
            self.notes.extend(f"{target.name}: {note}" for note in rendered.notes)
        manifests = parse_manifests(rendered.manifests, f"{target.name} at {self.context.head[:12]}")
        # A value that is secret in one object is masked in all of them.
        self.context.redact.learn(secrets_in(manifests, self.context.redact.is_secret_name))
        return manifests

    def _exchanged(self, values: _Side, names: _Side) -> dict[str, object]:
        one_to_other = values is self.one
        both = self.names if one_to_other else Names.of(self.other.who, self.one.who)
        return exchanged(values.values, names.values, both)

    def _compared(self, one: Manifests, other: Manifests) -> Differences:
        redact = self.context.redact
        hide = partial(redact.masked, mask=lambda hidden: mask(hidden, self.context.mask))
        return manifest_differences(one, other, self.names, Veil(hide, redact.is_secret_name))

    def _said(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.notes))

    def _unknown(self, refused: Stage6Error) -> Stage6Error:
        one, other = self.one.target.name, self.other.target.name
        return CannotTellError(
            "PARITY_UNKNOWN",
            f"the values of {one} or {other} do not render under the names of the other, so that what the names decide "
            f"is not known: {refused.code}: {refused.message}",
            where=refused.where,
            hint="does a template refuse the name of a target? Let the values say what differs",
        )


def _capabilities(target: Target) -> tuple[object, ...]:
    return target.kube_version, frozenset(target.api_versions)
