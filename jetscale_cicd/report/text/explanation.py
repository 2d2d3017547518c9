"""Explained paths."""

from collections.abc import Iterable

from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.plan import Reason
from jetscale_cicd.report.paint import Paint, plain


def explanation_text(reasons: Iterable[Reason], paint: Paint) -> str:
    """A line for each scope that a path belongs to."""
    lines = []
    for reason in reasons:
        mark = paint("green", "counts ") if reason.counts else paint("dim", "ignored")
        rule = f" (rule {reason.rule})" if reason.rule else ""
        lines.append(f"{mark}  {show_path(reason.path or b'')}: {reason.scope}, {plain(reason.why)}{rule}")
    return "\n".join(lines) + "\n"
