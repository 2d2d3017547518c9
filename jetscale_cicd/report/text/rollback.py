"""A rollback: what was deployed, what is, and what that means for the next run."""

from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.phrases import UNMANAGED


def rollback_text(rollback: Rollback, paint: Paint) -> str:
    """The revision that is back, what was verified, and the hold."""
    target = rollback.target
    was, now = (_revision(each) for each in (rollback.before, rollback.after))
    head, where = paint("yellow", paint("bold", "ROLLED BACK")), f"{target.namespace}/{target.release}"
    lines = [
        f"{head}  {target.name} ({where}): revision {rollback.to} is back as {now}, after {was}",
        f"  {plain(rollback.verified)}",
        paint("dim", "  held: runs do nothing here until a new version, new values, or stage6 --release-hold"),
    ]
    return "\n".join(lines) + "\n"


def _revision(live: Deployed) -> str:
    unmanaged = "" if live.commit else f", {UNMANAGED}"
    return f"revision {live.revision.number if live.revision else '?'} ({plain(live.version)}){unmanaged}"
