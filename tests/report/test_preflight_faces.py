"""A preflight in the forms that other programs show: JUnit XML, Markdown; nothing in them is a mark-up of a chart's."""

import re
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from jetscale_cicd.errors import CannotTellError, PreconditionError
from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.preflight import Preflight
from jetscale_cicd.report.face import MORE_FACES, Medium, open_face
from jetscale_cicd.report.junit.preflight import preflight_junit
from jetscale_cicd.report.paint import Paint
from jetscale_cicd.report.results import PreflightResult, UnplannedResult
from jetscale_cicd.report.text.face import text_of
from jetscale_cicd.report.text.preflight import preflight_closing
from tests.report.samples import ERROR, PUBLISH, SECRET

HOSTILE = "]]><x a='1'>&\x07\x1b[2J |`<script>@all ![i](https://x)\n::error::x ##[group]\ud800"
ROWS = (
    Precondition(id="configuration", state=PreconditionState.MET, what="it is written down"),
    Precondition(id="namespace", state=PreconditionState.MET, what="it exists", why="a deploy makes it", target="live"),
    Precondition(
        id="policy",
        state=PreconditionState.UNMET,
        what="taken",
        target="live",
        error=PreconditionError("POLICY_DENIED", f"{HOSTILE} {SECRET}", hint=HOSTILE, where="a", details=(HOSTILE,)),
    ),
    Precondition(
        id="rights",
        state=PreconditionState.CANNOT_TELL,
        what="rights",
        target="live",
        error=CannotTellError("RIGHTS_UNSEEN", "no answer", hint="again"),
    ),
    Precondition(
        id="elsewhere",
        state=PreconditionState.WARNING,
        what="nowhere else",
        target="preview",
        error=PreconditionError("RELEASE_ELSEWHERE", "there is one", hint="is it meant?"),
    ),
    Precondition(id="engine", state=PreconditionState.SKIPPED, what="can", target="preview", why="no cluster"),
)
PREFLIGHT = Preflight(plan=replace(PUBLISH, preconditions=ROWS))
MASKED = Medium(lambda text: text.replace(SECRET, "***"), Paint(enabled=False))


def shown(face: str) -> str:
    return open_face(face).render(PreflightResult(PREFLIGHT), MASKED)


def test_junit_has_a_suite_for_the_run_and_each_target_and_a_case_for_each_check() -> None:
    root = fromstring(shown("junit"))
    counts = [{key: each.get(key) for key in ("name", "tests", "failures", "errors", "skipped")} for each in root]
    assert counts == [
        {"name": "every target", "tests": "1", "failures": "0", "errors": "0", "skipped": "0"},
        {"name": "live", "tests": "3", "failures": "1", "errors": "1", "skipped": "0"},
        {"name": "preview", "tests": "2", "failures": "0", "errors": "0", "skipped": "1"},
    ]
    (failure,) = root.iter("failure")
    assert (failure.get("type"), SECRET in (failure.text or "")) == ("POLICY_DENIED", False)
    assert "::error::x" in (failure.text or "").replace("\\", "")


def test_every_row_of_the_markdown_is_one_row_of_a_table() -> None:
    text = shown("markdown")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(ROWS)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    assert "<script>" not in text.replace("\\<", "")
    assert "@all" not in text
    assert SECRET not in text


def test_a_secret_with_what_markdown_escapes_is_masked_all_the_same() -> None:
    secret = "hunter_two*long#x"
    masked = Medium(lambda text: text.replace(secret, "***"), Paint(enabled=False))
    row = replace(ROWS[2], error=PreconditionError("POLICY_DENIED", f"it has {secret}", hint=f"not {secret}"))
    plan = replace(PUBLISH, preconditions=(row,))
    page = open_face("markdown").render(PreflightResult(Preflight(plan=plan)), masked)
    assert "hunter" not in page


@pytest.mark.parametrize("face", ["text", "json", *MORE_FACES])
def test_no_form_forwards_a_command_to_the_ci(face: str) -> None:
    assert not re.search(r"(?m)^\s*::|##[A-Za-z]*\[|\x1b", shown(face))


@pytest.mark.parametrize("face", MORE_FACES)
def test_an_error_has_the_form_too(face: str) -> None:
    text = open_face(face).render(ERROR, MASKED)
    assert ERROR.code in text
    assert SECRET not in text


@pytest.mark.parametrize("face", ["json", *MORE_FACES])
def test_a_preflight_without_a_plan_is_not_ready_in_any_form(face: str) -> None:
    text = open_face(face).render(UnplannedResult(ERROR), MASKED)
    assert ERROR.code in text
    assert SECRET not in text
    assert {"json": '"ready": false', "markdown": "not ready", "junit": 'errors="1"'}[face] in text


def test_a_case_has_the_same_name_whatever_its_check_finds_and_further_findings_are_numbered() -> None:
    policy = ROWS[2]
    rows = (policy, replace(policy, state=PreconditionState.CANNOT_TELL), replace(policy, target="preview", error=None))
    root = fromstring(preflight_junit(Preflight(plan=replace(PUBLISH, preconditions=rows)), str))
    names = [(suite.get("name"), case.get("name")) for suite in root for case in suite]
    assert names == [("live", "policy"), ("live", "policy 2"), ("preview", "policy")]


def test_the_page_has_each_code_with_its_remedy_and_what_a_run_does() -> None:
    text = text_of(PreflightResult(PREFLIGHT), Paint(enabled=False))
    assert all(each.error.code in text and "next:" in text for each in ROWS if each.error)
    assert "a deploy makes it" in text
    assert PREFLIGHT.error is not None
    assert PREFLIGHT.error.code == "POLICY_DENIED"


def verdicts(*rows: Precondition, partial: bool = False) -> list[str]:
    """The words of the last lines, with the targets that they are about."""
    preflight = Preflight(plan=replace(PUBLISH, preconditions=rows), partial=partial)
    lines = preflight_closing(preflight, Paint(enabled=False)).splitlines()
    return [line.replace("  ", " ").partition(":")[0].partition(" could")[0] for line in lines]


def test_each_target_has_its_own_verdict_and_the_run_is_everybodys() -> None:
    of_the_run = replace(ROWS[2], target=None)
    assert verdicts(ROWS[0]) == ["READY live, preview"]
    assert verdicts(ROWS[0], ROWS[2]) == ["NOT READY live", "READY preview"]
    assert verdicts(of_the_run) == ["NOT READY live, preview"]
    assert verdicts(ROWS[0], partial=True) == ["CHECKED live, preview"]


def test_what_does_not_hold_comes_before_what_cannot_be_told() -> None:
    error = Preflight(plan=replace(PUBLISH, preconditions=(ROWS[3], ROWS[2]))).error
    assert error is not None
    assert (error.code, error.exit_status) == ("POLICY_DENIED", 3)


def test_waiting_may_help_where_everything_unmet_may_mend_itself() -> None:
    def may(*converging: bool) -> bool:
        rows = tuple(replace(ROWS[2], converges=each) for each in converging)
        return Preflight(plan=replace(PUBLISH, preconditions=(ROWS[0], ROWS[4], *rows))).may_converge

    assert (may(True, True), may(True, False), may()) == (True, False, False)
