"""``--output junit``: JUnit XML, which a CI shows as tests."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.report.face import Face, Medium
from jetscale_cicd.report.harmless import harmless
from jetscale_cicd.report.junit.preflight import error_junit, preflight_junit
from jetscale_cicd.report.results import CommandResult, PreflightResult, UnplannedResult


class JunitFace:
    """The results that have cases."""

    errors_on_stdout = True

    def render(self, result: CommandResult, medium: Medium) -> str:
        """The document; each text is masked before it is escaped, because a secret may hold what XML escapes."""
        match result:
            case PreflightResult():
                return harmless(preflight_junit(result.preflight, medium.redact))
            case UnplannedResult():
                return harmless(error_junit(result.error, medium.redact))
            case Stage6Error():
                return harmless(error_junit(result, medium.redact))
        raise TypeError(f"{type(result).__name__} has no cases")


FACE: Face = JunitFace()
