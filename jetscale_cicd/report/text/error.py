"""An error, or a warning."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.report.paint import Paint, plain


def error_text(error: Stage6Error, paint: Paint, *, warns: bool = False) -> str:
    """What happened, where, what to do next."""
    where = f"\n  where  {plain(error.where)}" if error.where else ""
    hint = f"\n  next   {plain(error.hint)}" if error.hint else ""
    kind = paint("yellow", "warning") if warns else paint("red", "error")
    details = "".join(f"\n    {plain(line)}" for line in error.details)
    return f"{kind} {error.code}: {plain(error.message)}{where}{details}{hint}\n"
