"""Two targets compared: what differs by its kind, what of it is meant, and the verdict."""

from collections.abc import Sequence

from jetscale_cicd.model.parity import Cause, Difference, DifferenceKind, Parity, Side
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.phrases import SHOWN, more

_TITLES = {
    DifferenceKind.VALUES: "values: keys that one has and the other lacks",
    DifferenceKind.SECRET: "contract: Secrets",
    DifferenceKind.EXTERNAL_SECRET: "contract: ExternalSecrets",
    DifferenceKind.STORE: "contract: stores",
    DifferenceKind.AWS_SECRET: "contract: secrets of AWS Secrets Manager",
    DifferenceKind.VAULT_SECRET: "contract: secrets of Vault",
    DifferenceKind.IMAGE: "images",
    DifferenceKind.OBJECT: "objects",
    DifferenceKind.FIELD: "fields that no value explains",
}
_CAUSES = {
    Cause.VALUES: "by the values",
    Cause.NAMES: "no value explains it: the chart decides by a name of the target",
    Cause.CAPABILITIES: "no value explains it: kube_version or api_versions differ",
    Cause.EVERY_RENDER: "no value explains it: it differs in every render",
}


def parity_text(parity: Parity, paint: Paint) -> str:
    """The differences by their kind, and the entries of the allow-list that have nothing to allow."""
    lines = [f"{parity.one} and {parity.other} at {parity.head[:12]}: {_counted(parity)}"]
    lines += [f"  {paint('yellow', '!')} {plain(note)}" for note in parity.notes]
    if parity.unknown:
        lines.append(f"  {paint('yellow', '!')} {parity.unknown.code}: {plain(parity.unknown.message)}")
    for kind, title in _TITLES.items():
        lines += _group(title, [each for each in parity.differences if each.kind is kind], parity, paint)
    if parity.stale:
        lines += ["", paint("bold", "entries of parity.allow that match nothing any more")]
        lines += [f"  {paint('yellow', '!')} {plain(pattern)}" for pattern in parity.stale[:SHOWN]]
        lines += more(len(parity.stale))
    return "\n".join(lines) + "\n"


def _group(title: str, found: Sequence[Difference], parity: Parity, paint: Paint) -> list[str]:
    """Those that are not allowed first: of a long list they must not be the rest."""
    if not found:
        return []
    ordered = sorted(found, key=lambda each: bool(each.reason))
    lines = [line for each in ordered[:SHOWN] for line in _lines(each, parity, paint)]
    return ["", paint("bold", title), *lines, *more(len(found))]


def _lines(each: Difference, parity: Parity, paint: Paint) -> list[str]:
    mark = paint("dim", "·") if each.reason else paint("yellow", "!")
    sides = ", ".join(f"{name}: {_side(side)}" for name, side in ((parity.one, each.one), (parity.other, each.other)))
    lines = [f"  {mark} {plain(each.subject)}  {plain(sides)}"]
    if each.cause:
        lines.append(paint("dim", f"      {_CAUSES[each.cause]}"))
    if each.reason:
        lines.append(paint("dim", f"      allowed: {plain(each.reason)}"))
    return lines


def _side(side: Side | None) -> str:
    if side is None:
        return "none"
    return f"{side.has} ({side.where})" if side.where else side.has


def _counted(parity: Parity) -> str:
    unexpected, every = len(parity.unexpected), len(parity.differences)
    if not every:
        return "no difference in keys, contract, images and kinds, nor in what no values explain"
    allowed = f", {every - unexpected:,} of them allowed" if every > unexpected else ""
    return f"{every:,} difference{'' if every == 1 else 's'}{allowed}"


def parity_closing(parity: Parity, paint: Paint) -> str:
    """The verdict."""
    both = f"{parity.one} and {parity.other}"
    if unexpected := len(parity.unexpected):
        style = "red" if parity.fails else "yellow"
        ways = "way" if unexpected == 1 else "ways"
        return f"{paint(style, paint('bold', 'DIFFERENT'))}  {both}: in {unexpected:,} {ways} that no entry allows\n"
    if parity.unknown:
        return f"{paint('yellow', paint('bold', 'UNKNOWN'))}  {both}: {parity.unknown.code}\n"
    return f"{paint('green', paint('bold', 'PARITY'))}  {both}: {_counted(parity)}\n"
