"""What runs on a target now."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The record that the last deploy left on the target."""

    version: str
    commit: str
    digest: str
    values_digest: str


@dataclass(frozen=True, slots=True)
class NotDeployed:
    """The target was looked at and holds no release."""


@dataclass(frozen=True, slots=True)
class NotObserved:
    """Nobody looked (a pull request, a replay, an engine that this run does not reach)."""

    why: str


LiveState = Deployed | NotDeployed | NotObserved
