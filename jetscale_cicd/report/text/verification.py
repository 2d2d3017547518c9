"""A comparison: the verdict, both digests, and the files that differ."""

from jetscale_cicd.model.verification import Sameness, Verification
from jetscale_cicd.report.paint import Paint, plain


def verification_text(verification: Verification, paint: Paint) -> str:
    """The comparison of what is published with the rebuild."""
    style, finding = {
        Sameness.EQUAL: ("green", "equals the rebuild from its tag, byte for byte"),
        Sameness.REPACKED: ("yellow", "holds the files of the rebuild from its tag, in another archive"),
        Sameness.DIFFERENT: ("red", "differs from the rebuild from its tag"),
    }[verification.sameness]
    release = verification.release
    lines = [
        f"{paint(style, paint('bold', verification.sameness.upper()))}  {release.version} {finding}",
        paint("dim", f"  published  {plain(verification.reference)}  {verification.published}"),
        paint("dim", f"  rebuilt    {plain(release.tag)} at {release.commit[:12]}  {verification.rebuilt}"),
        *(f"  {plain(file)}" for file in verification.files),
    ]
    return "\n".join(lines) + "\n"
