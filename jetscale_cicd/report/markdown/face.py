"""``--output markdown``: a page for the summary of a job or a comment."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.report.face import Face, Medium, Redact
from jetscale_cicd.report.harmless import harmless
from jetscale_cicd.report.markdown.preflight import escaped, preflight_markdown
from jetscale_cicd.report.results import CommandResult, PreflightResult, UnplannedResult


class MarkdownFace:
    """The results that have a page in Markdown."""

    errors_on_stdout = True

    def render(self, result: CommandResult, medium: Medium) -> str:
        """The page."""
        match result:
            case PreflightResult():
                text = preflight_markdown(result.preflight, medium.redact)
            case UnplannedResult():
                text = _error(result.error, "Preflight: not ready", medium.redact)
            case Stage6Error():
                text = _error(result, "Stage 6", medium.redact)
            case _:
                raise TypeError(f"{type(result).__name__} has no page in Markdown")
        return harmless(medium.redact(text))


def _error(error: Stage6Error, title: str, redact: Redact) -> str:
    """Masked first: a secret may hold what Markdown escapes."""
    hint = f"\n\n{escaped(redact(error.hint))}" if error.hint else ""
    return f"### {title}: `{error.code}`\n\n{escaped(redact(error.message))}{hint}\n"


FACE: Face = MarkdownFace()
