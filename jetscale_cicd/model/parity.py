"""How two targets of one commit differ, apart from what makes them two."""

from collections.abc import Mapping
from enum import StrEnum

from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.model.record import frozen

_MOST_DETAILS = 20


class DifferenceKind(StrEnum):
    """What differs; the first part of the id of a difference."""

    VALUES = "values"  # a key that the values of one target have, or a list of another length
    SECRET = "secret"  # noqa: S105 - what the contract of one target requires
    EXTERNAL_SECRET = "external-secret"  # noqa: S105
    STORE = "store"
    AWS_SECRET = "aws-secret"  # noqa: S105
    VAULT_SECRET = "vault-secret"  # noqa: S105
    IMAGE = "image"
    OBJECT = "object"
    FIELD = "field"


class Cause(StrEnum):
    """Why a part of the manifests differs."""

    VALUES = "values"
    NAMES = "names"  # release, namespace, and the values that only say who a target is
    CAPABILITIES = "capabilities"  # kube_version and api_versions of the targets
    EVERY_RENDER = "every render"  # random values, certificates, the time


@frozen
class Side:
    """What one target has.

    Args:
        has: what may be shown of it: never a value that may be secret.
        where: ``file:line`` where it is written; "" where it is in no file.
    """

    has: str
    where: str = ""


@frozen(kw_only=True)
class Difference:
    """One difference of two targets.

    Args:
        subject: what differs; with the kind it is the id, which an entry of the allow-list names.
        one, other: what either target has; None where it has nothing.
        cause: why, of a part of the manifests; None of what is written down.
        reason: why it is allowed; "" where it is not.
    """

    kind: DifferenceKind
    subject: str
    one: Side | None
    other: Side | None
    cause: Cause | None = None
    reason: str = ""

    @property
    def id(self) -> str:
        """What an entry of the allow-list names."""
        return f"{self.kind}:{self.subject}"


Differences = Mapping[str, Difference]


@frozen(kw_only=True)
class Parity:
    """Two targets compared.

    Args:
        one, other: their names.
        head: the commit.
        differences: by kind, then by subject.
        stale: entries of the allow-list that match no difference any more.
        notes: on what assumption they were compared, a sentence each.
        unknown: why a part could not be compared; None where all was.
        fails: whether a difference that is not allowed is a failure.
    """

    one: str
    other: str
    head: str
    differences: tuple[Difference, ...] = ()
    stale: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: Stage6Error | None = None
    fails: bool = False

    @property
    def unexpected(self) -> tuple[Difference, ...]:
        """The differences that no entry allows."""
        return tuple(each for each in self.differences if not each.reason)

    @property
    def error(self) -> Stage6Error | None:
        """Why the command fails; None where it does not."""
        if not self.fails:
            return None
        if unexpected := self.unexpected:
            return PreconditionError(
                "PARITY",
                f"{self.one} and {self.other} differ in {len(unexpected)} ways that no entry of parity.allow allows",
                where=unexpected[0].id,
                hint=f'make them alike, or allow it in .stage6.yaml: parity: {{allow: {{"{unexpected[0].id}": WHY}}}}',
                details=tuple(each.id for each in unexpected[:_MOST_DETAILS]),
            )
        return self.unknown
