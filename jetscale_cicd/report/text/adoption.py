"""A package that is accepted from now on: what differs, and what to do with the file."""

from jetscale_cicd.model.verification import Adoption
from jetscale_cicd.report.paint import Paint, plain


def adoption_text(adoption: Adoption, paint: Paint) -> str:
    """What was compared, and what was written."""
    release = adoption.release
    if adoption.not_rebuilt:
        finding = f"it cannot be compared with its tag: {plain(adoption.not_rebuilt)}"
    elif adoption.files:
        finding = "these files differ from a rebuild of its tag:"
    else:
        finding = "it holds the files of a rebuild of its tag"
    before = f" in place of {plain(adoption.replaced)}" if adoption.replaced else ""
    lines = [
        f"{paint('yellow', paint('bold', 'ADOPTED'))}  {release.version} is accepted as it is; {finding}",
        *(f"  {plain(file)}" for file in adoption.files),
        paint("dim", f"  published  {plain(adoption.reference)}  {adoption.digest}"),
        f"  {plain(adoption.file)} accepts this digest{before}: check it, and commit the file",
    ]
    return "\n".join(lines) + "\n"
