"""Whether the credentials of a kubeconfig last as long as a deploy may take."""

from collections.abc import Iterator, Sequence

from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.model.record import frozen

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@frozen(kw_only=True)
class Credential:
    """One credential of the user of a context.

    Args:
        what: as it is shown.
        ends: seconds since 1970; None where that cannot be seen.
        renewed_by: what replaces it before it ends; "" where nothing does.
        remedy: how people get a newer one.
    """

    what: str
    ends: float | None = None
    renewed_by: str = ""
    remedy: str = ""


@frozen(kw_only=True)
class LifeReview:
    """What the ends of credentials mean.

    Args:
        short: those that end before a deploy may.
        notes: those whose end is not checked, and why.
    """

    short: tuple[Stage6Error, ...] = ()
    notes: tuple[str, ...] = ()


def review_life(credentials: Sequence[Credential], now: float, timeout: int, target: str) -> LifeReview:
    """Which credentials end before a deploy may.

    Args:
        now: seconds since 1970, by the API server's clock.
        timeout: seconds that the deploy may take.
        target: name of the target.
    """
    return LifeReview(
        short=tuple(_short(credentials, now, timeout, target)),
        notes=tuple(f"the {each.what}, {why}" for each in credentials if (why := _unchecked(each))),
    )


def _short(credentials: Sequence[Credential], now: float, timeout: int, target: str) -> Iterator[PreconditionError]:
    for each in credentials:
        left = None if each.ends is None else each.ends - now
        if left is None or left >= (0 if each.renewed_by else timeout):
            continue
        when = f"ends in {duration(left)}" if left > 0 else f"ended {duration(-left)} ago"
        lower = f", or lower targets.{target}.timeout" if left > 0 else ""
        yield PreconditionError(
            "CREDENTIAL_TOO_SHORT",
            f"the {each.what} {when}, and a deploy may take {duration(timeout)}",
            where=f"target {target}",
            hint=f"{each.remedy}{lower}",
        )


def _unchecked(credential: Credential) -> str:
    if credential.renewed_by:
        return f"which {credential.renewed_by} renews"
    return "whose end cannot be seen" if credential.ends is None else ""


def duration(seconds: float) -> str:
    """For people: the two largest parts."""
    whole = int(seconds)
    for size, name, part, below in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name}" + (f" {rest} {below}" if rest else "")
    return f"{whole} s"
