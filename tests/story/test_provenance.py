"""The statement beside a package: what a run states, what `verify-chart` reads, and that no release depends on it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.decide.release.provenance import MEDIA_TYPE, PREDICATE, statement
from jetscale_cicd.model.provenance import Kept
from jetscale_cicd.model.record import replace
from jetscale_cicd.tools.http import Http
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.registry.artifact import Document
from jetscale_cicd.tools.registry.oci_api import OciApi
from jetscale_cicd.tools.registry.referrers import Referrers
from tests.decide.release.test_provenance import MADE
from tests.story.test_story import CHART
from tests.support.command import Ended, command_environment
from tests.support.oci import serve
from tests.support.odd_registry import ReferrersApi, errors
from tests.support.proxy import Asked, Told, proxied
from tests.support.sample import CONFIG, Sample, small, step_results, step_states

pytestmark = pytest.mark.quick(1)

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "workflow_dispatch",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "77",
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("oci")) as host:
        yield host


def run(stack: Sample, host: str, env: dict[str, str] | None = None) -> Ended:
    return stack.run(f"--registry=oci://{host}/{path_of(stack)}", env=env)


def path_of(stack: Sample) -> str:
    """A path of the registry for one test alone."""
    return stack.directory.name.replace("_", "-").strip("-").lower()


def verified(stack: Sample, host: str) -> Any:
    """The document of `verify-chart`, which is content with the package."""
    ended = stack.command("verify-chart", "v0.1.0", "--output=json", f"--registry=oci://{host}/{path_of(stack)}")
    assert ended.status == 0, ended.stderr
    assert ended.json["result"] == "equal"
    return ended.json


def referrers_of(stack: Sample, host: str) -> Referrers:
    return Referrers(OciApi(host, Http(Redactor.of(())), lambda _: None), f"{path_of(stack)}/small")


def manifest_of(stack: Sample, host: str) -> str:
    """The digest of the manifest that 0.1.0 has."""
    api = referrers_of(stack, host).api
    answer = api.http.get(
        f"http://{host}/v2/{path_of(stack)}/small/manifests/0.1.0",
        {"Accept": "application/vnd.oci.image.manifest.v1+json"},
    )
    return answer.headers["docker-content-digest"]


def test_a_run_states_where_the_package_comes_from_and_verify_chart_reads_it(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    stack = small(tmp_path, helm=helm4)
    ended = run(stack, host, env=GITHUB)
    assert ended.status == 0, ended.stderr
    assert list(step_results(ended)) == ["package", "publish", "provenance", "tag", "deploy live"]
    document = verified(stack, host)
    (found,) = document["provenance"]["statements"]
    assert document["provenance"]["why"] is None
    assert (found["agrees"], found["differs"], found["why"]) == (True, [], None)
    assert found["commits"] == [stack.repo.head] == [document["commit"]]
    assert (found["chart"], found["version"], found["tag"]) == ("small", "0.1.0", "v0.1.0")
    assert found["builder"].endswith("/ci/github")
    assert found["run"] == "https://github.com/acme/shop/actions/runs/77"
    (step,) = [step for step in ended.json["steps"] if step["name"] == "provenance"]
    assert found["digest"] in step["detail"]
    (read,) = referrers_of(stack, host).find(manifest_of(stack, host), MEDIA_TYPE).documents
    digests = [subject["digest"]["sha256"] for subject in json.loads(read.content)["subject"]]
    assert [f"sha256:{digest}" for digest in digests] == [document["published"], manifest_of(stack, host)]


@pytest.mark.slow
def test_it_is_read_by_oras(host: str, helm4: Path, tmp_path: Path) -> None:
    oras = shutil.which("oras")
    if oras is None:
        pytest.skip("oras is not here: go install oras.land/oras/cmd/oras@latest")
    stack = small(tmp_path, helm=helm4)
    assert run(stack, host).status == 0
    place = f"{host}/{path_of(stack)}/small"
    asked = [oras, "discover", "--plain-http", "--format=json", f"--artifact-type={MEDIA_TYPE}", f"{place}:0.1.0"]
    found = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    (one,) = found["referrers"]
    pull = [oras, "pull", "--plain-http", f"--output={tmp_path}", f"{place}@{one['digest']}"]
    subprocess.run(pull, check=True, capture_output=True)
    stated = json.loads((tmp_path / "small-0.1.0.provenance.json").read_text())
    assert stated["predicateType"] == PREDICATE
    assert one["annotations"] == {"in-toto.io/predicate-type": PREDICATE}


def test_a_registry_with_the_referrers_api_gets_no_tag_for_it(host: str, helm4: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=helm4)
    with proxied(host, ReferrersApi(host)) as proxy:
        assert step_results(run(stack, proxy.host))["provenance"] == "done"
        (found,) = verified(stack, proxy.host)["provenance"]["statements"]
    assert found["agrees"]
    assert [asked.path for asked in proxy.seen if asked.method == "PUT" and "/sha256-" in asked.path] == []


def test_helm_takes_the_tag_of_the_list_for_no_version(host: str, any_helm: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=any_helm)
    assert run(stack, host).status == 0
    assert referrers_of(stack, host).find(manifest_of(stack, host), MEDIA_TYPE).documents
    show = [str(any_helm), "show", "chart", f"oci://{host}/{path_of(stack)}/small", "--plain-http"]
    shown = subprocess.run(show, env=command_environment(), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "version: 0.1.0" in shown.stdout


def test_a_run_that_has_nothing_to_do_asks_for_no_provenance(host: str, helm4: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=helm4)
    with proxied(host) as proxy:
        assert run(stack, proxy.host).status == 0
        proxy.seen.clear()
        ended = run(stack, proxy.host)
    assert (ended.status, ended.json["outcome"]) == (0, "satisfied")
    assert "provenance" not in step_states(ended)
    assert [asked.path for asked in proxy.seen if asked.method != "GET" or "sha256" in asked.path] == []


# A release does not depend on it


def refuses(asked: Asked) -> Told | None:
    """Amazon ECR's answer to a manifest that it does not take."""
    of_artifact = (
        asked.method == "PUT" and "/manifests/sha256:" in asked.path and "urllib3" in asked.headers["user-agent"]
    )
    return errors(405, "UNSUPPORTED", "Invalid parameter at 'ImageManifest'") if of_artifact else None


def test_a_registry_that_takes_no_statement_gets_the_release_and_it_is_said(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    stack = small(tmp_path, helm=helm4)
    with proxied(host, refuses) as proxy:
        ended = run(stack, proxy.host)
    assert (ended.status, ended.json["outcome"]) == (0, "done"), ended.stderr
    assert stack.remote_tags.keys() == {"v0.1.0"}
    assert step_results(ended)["provenance"] == "skipped"
    (detail,) = [step["detail"] for step in ended.json["steps"] if step["name"] == "provenance"]
    assert "the registry takes no statement" in detail
    assert "answered 405 (UNSUPPORTED: Invalid parameter at 'ImageManifest')" in detail
    assert f"! no provenance: {detail}" in ended.stderr
    text = stack.command("verify-chart", "v0.1.0", f"--registry=oci://{host}/{path_of(stack)}")
    assert text.status == 0
    assert "no statement refers to this package" in text.stdout


@pytest.mark.slow
def test_a_registry_that_does_not_answer_for_it_gets_the_release_with_a_warning(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    stack = small(tmp_path, helm=helm4)
    with proxied(host, lambda asked: Told(503, {}, b"") if refuses(asked) else None) as proxy:
        ended = run(stack, proxy.host)
    assert (ended.status, ended.json["outcome"]) == (0, "done"), ended.stderr
    (step,) = [step for step in ended.json["steps"] if step["name"] == "provenance"]
    assert (step["result"], step["error"]["code"]) == ("warned", "PROVENANCE_UNKNOWN")
    assert step_results(ended)["tag"] == "done"


def test_a_run_that_ended_before_the_tag_is_followed_by_one_that_states_it(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    stack = small(tmp_path, helm=helm4)
    hook = stack.remote / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/tags/*) exit 1;; esac\n')
    hook.chmod(0o755)
    with proxied(host, refuses) as proxy:
        ended = run(stack, proxy.host)
    assert (ended.json["error"]["code"], step_results(ended)["provenance"]) == ("TAG_REFUSED", "skipped")
    hook.unlink()
    again = run(stack, host)
    assert again.status == 0, again.stderr
    assert (step_results(again)["publish"], step_results(again)["provenance"]) == ("satisfied", "done")
    assert [each["agrees"] for each in verified(stack, host)["provenance"]["statements"]] == [True]


def test_a_package_that_is_rebuilt_from_its_tag_is_stated_anew(host: str, helm4: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=helm4)
    assert run(stack, host).status == 0
    with serve(tmp_path / "empty") as empty:
        ended = run(stack, empty)
        assert ended.status == 0, ended.stderr
        assert step_results(ended)["provenance"] == "done"
        assert [each["agrees"] for each in verified(stack, empty)["provenance"]["statements"]] == [True]


# Off


def test_it_can_be_switched_off(host: str, helm4: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, {".stage6.yaml": f"{CONFIG}release: {{provenance: false}}\n"}, helm4)
    ended = run(stack, host)
    assert ended.status == 0, ended.stderr
    assert "provenance" not in step_results(ended)
    assert verified(stack, host)["provenance"] == {"statements": [], "why": None}


def test_a_directory_keeps_none(helm4: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=helm4)
    ended = stack.run()
    assert ended.status == 0, ended.stderr
    assert "provenance" not in step_results(ended)
    assert stack.published == ["small-0.1.0.tgz"]
    document = stack.command("verify-chart", "v0.1.0", "--output=json").json
    assert document["provenance"] is None


# What others have pushed


def test_a_statement_that_says_otherwise_is_shown_and_does_not_condemn_the_package(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    stack = small(tmp_path, helm=helm4)
    assert run(stack, host).status == 0
    package = manifest_of(stack, host)
    contents = (
        statement(replace(MADE, chart="small", package=package, manifest=package)),
        b"no statement\n\x1b[2J",
        statement(replace(MADE, ci="x\nEQUAL  it is all right")),
    )
    for content in contents:
        document = Document(name="x.json", media_type=MEDIA_TYPE, predicate=PREDICATE, content=content)
        assert isinstance(referrers_of(stack, host).attach(package, document), Kept)
    found = verified(stack, host)["provenance"]["statements"]
    assert [each["agrees"] for each in found] == [True, False, False, False]
    assert found[1]["differs"] == ["package", "commit", "version", "tag"]
    assert found[2]["why"]
    shown = stack.command("verify-chart", "v0.1.0", f"--registry=oci://{host}/{path_of(stack)}")
    assert shown.status == 0
    assert "another package, another commit, another version, another tag: commit aaaaaaaaaaaa" in shown.stdout
    assert sum(line.startswith("EQUAL") for line in shown.stdout.splitlines()) == 1


@pytest.mark.slow
def test_a_registry_that_does_not_list_what_refers_to_a_package_does_not_condemn_it(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    stack = small(tmp_path, helm=helm4)
    assert run(stack, host).status == 0
    with proxied(host) as proxy:
        told = Told(429, {"Retry-After": "3600"}, b"")
        proxy.fault = lambda asked: told if "/referrers/" in asked.path else None
        assert "answered 429" in verified(stack, proxy.host)["provenance"]["why"]


@pytest.mark.slow
def test_a_later_version_has_a_statement_of_its_own(host: str, helm4: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=helm4)
    assert run(stack, host).status == 0
    stack.edit("fix: another size", CHART, "size: 1", "size: 2")
    with proxied(host) as proxy:
        assert run(stack, proxy.host).status == 0
    ours = [asked for asked in proxy.seen if "urllib3" in asked.headers.get("user-agent", "")]
    # The empty configuration is there already: whether a push is allowed, and the statement.
    assert [asked.method for asked in ours if "/uploads/" in asked.path] == ["POST", "DELETE", "POST", "PUT"]
    assert len(verified(stack, host)["provenance"]["statements"]) == 1
