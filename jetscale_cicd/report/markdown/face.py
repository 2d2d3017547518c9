"""``--output markdown``: a page for the summary of a job or a comment."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.report.face import Face, Medium
from jetscale_cicd.report.harmless import harmless
from jetscale_cicd.report.markdown.preflight import escaped, preflight_markdown
from jetscale_cicd.report.results import CommandResult, PreflightResult


class MarkdownFace:
    """The results that have a page in Markdown."""

    errors_on_stdout = True

    def render(self, result: CommandResult, medium: Medium) -> str:
        """The page."""
        match result:
            case PreflightResult():
                text = preflight_markdown(result.preflight, medium.redact)
            case Stage6Error():
                redact = medium.redact  # first: a secret may hold what Markdown escapes
                hint = f"\n\n{escaped(redact(result.hint))}" if result.hint else ""
                text = f"### Stage 6: `{result.code}`\n\n{escaped(redact(result.message))}{hint}\n"
            case _:
                raise TypeError(f"{type(result).__name__} has no page in Markdown")
        return harmless(medium.redact(text))


FACE: Face = MarkdownFace()
