"""Checks of the user's own: commands of the configuration, and entry points of packages."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.preconditions import own_checks
from tests.support.command import Ended
from tests.support.sample import LIVE, Sample, small

pytestmark = pytest.mark.quick(6)

Row = tuple[str, str, str | None]


@pytest.fixture
def sample(tmp_path: Path, any_helm: Path) -> Sample:
    return small(tmp_path, {".stage6.yaml": f"chart: {{registry: ../registry}}\n{LIVE}"}, any_helm)


def own(ended: Ended) -> list[tuple[str, str | None]]:
    """State and code of each row of one's own checks."""
    rows = [each for each in ended.json["preconditions"] if each["id"] == "own-checks"]
    return [(each["state"], each["error"] and each["error"]["code"]) for each in rows]


def checked(sample: Sample, script: str, *command: str) -> Ended:
    """A preflight with one check of one's own, a script of the commit."""
    sample.repo.write("check.sh", f"#!/bin/sh\n{script}\n")
    (sample.repo.path / "check.sh").chmod(0o755)
    words = [str(sample.repo.path / "check.sh"), *command]
    config = f"chart: {{registry: ../registry}}\n{LIVE}".replace(
        "engine: render", f"engine: render, own_checks: {{mine: {words}}}"
    )
    sample.commit("feat: a check", {".stage6.yaml": config})
    return sample.command("preflight", "--output=json")


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("exit 0", [("met", None)]),
        ("echo it is closed >&2; exit 1", [("unmet", "OWN_CHECK")]),
        ("echo who knows; exit 75", [("cannot tell", "OWN_CHECK_UNKNOWN")]),
        ("grep -q 'kind: ConfigMap' || exit 1", [("met", None)]),
        ('test "$STAGE6_TARGET/$STAGE6_NAMESPACE" = live/jetscale-prod', [("met", None)]),
    ],
)
def test_a_command_says_by_its_status_whether_its_check_holds(
    sample: Sample, script: str, found: list[tuple[str, str | None]]
) -> None:
    assert own(checked(sample, script)) == found


def test_several_run_side_by_side_and_each_finding_has_the_name_of_its_check(sample: Sample) -> None:
    # Each waits for the other one, so that one after the other would never end.
    meet = "touch ../$1; until [ -e ../$2 ]; do sleep 0.05; done; exit 1"
    checks = {one: ["sh", "-c", meet, "sh", one, other] for one, other in (("left", "right"), ("right", "left"))}
    checks["absent"] = ["no-such-program"]
    config = f"chart: {{registry: ../registry}}\n{LIVE}".replace(
        "engine: render", f"engine: render, own_checks: {checks}"
    )
    sample.commit("feat: checks", {".stage6.yaml": config})
    ended = sample.command("preflight", "--output=json")
    errors = [each["error"] for each in ended.json["preconditions"] if each["id"] == "own-checks"]
    assert [(each["code"], each["where"], each["message"].partition(":")[0]) for each in errors] == [
        ("OWN_CHECK", "targets.live.own_checks.left", "left"),
        ("OWN_CHECK", "targets.live.own_checks.right", "right"),
        ("OWN_CHECK_UNKNOWN", "targets.live.own_checks.absent", "absent"),
    ]


def test_the_last_line_of_the_command_is_the_reason_and_secrets_are_masked_in_it(sample: Sample) -> None:
    ended = checked(sample, "echo first; echo the token is $A_TOKEN; exit 1")
    masked = sample.command("preflight", "--output=json", env={"A_TOKEN": "canary-of-a-check"})
    (row,) = (each for each in ended.json["preconditions"] if each["id"] == "own-checks")
    assert row["error"]["message"].endswith("the token is")
    assert "canary-of-a-check" not in masked.stdout + masked.stderr


def test_a_secret_of_the_manifests_is_masked_in_what_a_command_says_of_it(sample: Sample) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: canary-of-a-secret}\n"
    sample.commit("feat: a secret", {"charts/app/templates/secret.yaml": secret})
    ended = checked(sample, "echo it has $(grep canary-of); exit 1")
    assert own(ended) == [("unmet", "OWN_CHECK")]
    assert "canary-of-a-secret" not in ended.stdout + ended.stderr


def test_a_plan_runs_no_command_of_the_commit(sample: Sample) -> None:
    checked(sample, "touch ../it-ran")
    (sample.directory / "it-ran").unlink()
    ended = sample.command("plan", "--output=json")
    assert (own(ended), (sample.directory / "it-ran").exists()) == ([("skipped", None)], False)


def test_a_preflight_runs_no_command_of_a_commit_that_may_not_be_released(sample: Sample) -> None:
    checked(sample, "touch ../it-ran")
    (sample.directory / "it-ran").unlink()
    sample.repo.git("switch", "--quiet", "--create", "topic")
    sample.repo.commit("feat: mine", **{"charts/app/values.yaml": "size: 9\n"})
    ended = sample.command("preflight", "--output=json")
    assert ended.json["error"]["code"] == "NOT_ON_RELEASE_BRANCH"
    assert (own(ended), (sample.directory / "it-ran").exists()) == ([("skipped", None)], False)


def finds(*_: object) -> Iterator[object]:
    yield "the licence is used up"
    yield PreconditionError("OF_A_PACKAGE", "no", hint="yes")


def breaks(*_: object) -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize(
    ("function", "codes"), [("finds", ["OWN_CHECK", "OF_A_PACKAGE"]), ("breaks", ["OWN_CHECK_UNKNOWN"])]
)
def test_a_package_gives_sentences_or_errors_and_its_bug_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, function: str, codes: list[str]
) -> None:
    point = EntryPoint("mine", f"{__name__}:{function}", own_checks.GROUP)
    monkeypatch.setattr(own_checks, "_entry_points", lambda: (point,))

    class Survey:
        target = None
        manifests = ()

        class context:  # noqa: N801
            redact = staticmethod(str)

    assert [each.code for each in own_checks._of_packages(Survey())] == codes  # type: ignore[arg-type]
