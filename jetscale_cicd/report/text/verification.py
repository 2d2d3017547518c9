"""A comparison: the verdict, both digests, the files that differ, and what the package is said to come from."""

from jetscale_cicd.model.provenance import FoundProvenance, Statement
from jetscale_cicd.model.verification import Sameness, Verification
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.phrases import SHOWN, more

_FINDINGS = {
    Sameness.EQUAL: ("green", "equals the rebuild from its tag, byte for byte"),
    Sameness.REPACKED: ("yellow", "holds the files of the rebuild from its tag, in another archive"),
    Sameness.DIFFERENT: ("red", "differs from the rebuild from its tag"),
}


def verification_text(verification: Verification, paint: Paint) -> str:
    """The comparison of what is published with the rebuild."""
    style, finding = _FINDINGS[verification.sameness]
    release = verification.release
    if not verification.managed:
        finding = f"was not made by Stage 6, and {finding}"
        style = "yellow" if verification.sameness is Sameness.DIFFERENT else style
    lines = [
        f"{paint(style, paint('bold', verification.sameness.upper()))}  {release.version} {finding}",
        paint("dim", f"  published  {plain(verification.reference)}  {verification.published}"),
        paint("dim", f"  rebuilt    {plain(release.tag)} at {release.commit[:12]}  {verification.rebuilt}"),
        *(f"  {plain(file)}" for file in verification.files),
        *_acceptance(verification),
        *(_provenance(verification.provenance, paint) if verification.provenance else ()),
    ]
    return "\n".join(lines) + "\n"


def _acceptance(verification: Verification) -> list[str]:
    """What that means for a deploy of a release that no run made."""
    if verification.managed or (verification.sameness is not Sameness.DIFFERENT and not verification.adopted):
        return []
    if verification.adopted == verification.published:
        return ["  chart.adopted accepts this digest"]
    if verification.adopted:
        return [f"  chart.adopted accepts {plain(verification.adopted)}, and not this digest"]
    return [f"  it is deployed only where it is accepted: jetscale-cicd adopt {plain(verification.release.tag)}"]


def _provenance(found: FoundProvenance, paint: Paint) -> list[str]:
    """The statements that refer to the package. None of them is signed, so none changes the verdict."""
    lines = [_statement(each, paint) for each in found.statements[:SHOWN]] + more(len(found.statements))
    if found.why:
        lines.append(f"  provenance {paint('yellow', '?')} not all is known: {plain(found.why)}")
    return lines or [f"  provenance {paint('yellow', '-')} no statement refers to this package"]


def _statement(statement: Statement, paint: Paint) -> str:
    where = paint("dim", f"({statement.digest[:19]}…, unsigned)")
    if statement.claims is None:
        return f"  provenance {paint('yellow', '?')} a statement that is not read: {plain(statement.why)} {where}"
    claims, commits = statement.claims, ", ".join(commit[:12] for commit in statement.claims.commits[:SHOWN])
    said = [f"commit {commits}" if commits else "no commit", f"by {claims.builder}" if claims.builder else "no builder"]
    said += [f"in {claims.run}"] if claims.run else []
    text = plain(", ".join(said))
    if statement.differs:
        return f"  provenance {paint('yellow', '!')} another {', another '.join(statement.differs)}: {text} {where}"
    return f"  provenance {paint('green', '✓')} {text} {where}"
