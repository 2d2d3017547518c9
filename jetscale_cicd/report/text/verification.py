"""A comparison: the verdict, both digests, and the files that differ."""

from jetscale_cicd.model.verification import Sameness, Verification
from jetscale_cicd.report.paint import Paint, plain

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
