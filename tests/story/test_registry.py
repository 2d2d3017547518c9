"""A whole run against registries with rules of their own: what it is told, what it does, and what it leaves alone."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import HELMS, find_helm
from tests.support.command import Ended
from tests.support.oci import PASSWORD, USERNAME, serve
from tests.support.odd_registry import MISSING, REFUSALS, TokenServer, errors
from tests.support.proxy import Asked, Told, proxied
from tests.support.sample import CONFIG, SMALL, Sample, small

pytestmark = pytest.mark.quick(6)

CONFIG_FILE, CHART = ".stage6.yaml", "charts/app/Chart.yaml"
TEMPLATE = "charts/app/templates/config.yaml"
LOGIN = {"STAGE6_REGISTRY_USERNAME": USERNAME, "STAGE6_REGISTRY_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("oci")) as host:
        yield host


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("guarded"), login=True) as host:
        yield host


def run(stack: Sample, host: str, path: str, **env: str) -> Ended:
    return stack.run(f"--registry=oci://{host}/{path}", env=env)


def untouched(stack: Sample) -> bool:
    """Nothing was reserved, tagged or deployed."""
    rendered = (stack.repo.path / "rendered").exists()
    refs = stack.repo.git("ls-remote", "origin", "refs/tags/*", "refs/stage6/*")
    return not rendered and refs == ""


def test_a_first_publish_asks_for_the_right_to_push(guarded: str, helm: Path, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=helm)
    with proxied(guarded) as proxy:
        proxy.fault = TokenServer(proxy, {"pull", "push"}, REFUSALS[0])
        ended = run(stack, proxy.host, helm.name, **LOGIN)
    assert ended.status == 0, ended.stderr
    assert stack.remote_tags.keys() == {"v0.1.0"}


def test_the_login_of_a_registry_on_this_machine_goes_through_no_proxy(
    guarded: str, helm: Path, tmp_path: Path
) -> None:
    """As helm, which uses none for loopback: a proxy would read the login of a registry without TLS."""
    stack = small(tmp_path, helm=helm)
    with proxied(guarded) as proxy:
        address = f"http://{proxy.host}"
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")
        ended = run(stack, guarded, f"direct-{helm.name}", **LOGIN, **dict.fromkeys(names, address))
    assert ended.status == 0, ended.stderr
    assert [(asked.method, asked.path) for asked in proxy.seen] == []


def test_a_login_that_may_not_push_is_refused_before_anything_is_changed(guarded: str, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=find_helm(HELMS[1]))
    with proxied(guarded) as proxy:
        proxy.fault = TokenServer(proxy, {"pull"}, REFUSALS[1], exists=True)
        ended = run(stack, proxy.host, "read-only", **LOGIN)
    error = ended.json["error"]
    assert (ended.status, error["code"]) == (4, "PUSH_FAILED")
    assert "requested access to the resource is denied" in error["message"]
    assert untouched(stack)


def test_a_repository_that_has_to_be_created_first_is_named_with_the_registrys_own_sentence(
    host: str, helm: Path, tmp_path: Path
) -> None:
    stack = small(tmp_path, helm=helm)
    with proxied(host, lambda asked: errors(404, "NAME_UNKNOWN", MISSING) if asked.uploads else None) as proxy:
        ended = run(stack, proxy.host, f"new-{helm.name}")
    error = ended.json["error"]
    assert (ended.status, error["code"]) == (4, "PUSH_FAILED")
    assert MISSING in error["message"]
    assert f"create the repository new-{helm.name}/small" in error["hint"]
    assert sum(asked.uploads for asked in proxy.seen) == 1
    assert untouched(stack)


def test_a_plan_and_a_status_begin_no_upload(host: str, tmp_path: Path) -> None:
    stack = small(tmp_path, helm=find_helm(HELMS[1]))
    with proxied(host) as proxy:
        for name in ("plan", "status"):
            ended = stack.command(name, "--output=json", f"--registry=oci://{proxy.host}/only-seen")
            assert ended.status == 0, ended.stderr
    assert [asked.method for asked in proxy.seen if asked.method not in ("GET", "HEAD")] == []


@pytest.mark.slow
def test_a_publish_asks_what_a_version_holds_where_that_may_have_changed_and_nowhere_else(
    host: str, tmp_path: Path
) -> None:
    stack = small(tmp_path, helm=find_helm(HELMS[1]))
    with proxied(host) as proxy:
        ended = run(stack, proxy.host, "asked")
    assert ended.status == 0, ended.stderr
    ours = [asked for asked in proxy.seen if "urllib3" in asked.headers.get("user-agent", "")]
    # For the version, before and after the push, for the statement of its provenance, before the deploy.
    assert sum(asked.reads_manifest and asked.path.endswith("/0.1.0") for asked in ours) == 5
    # Whether a push is allowed; and the statement, with the empty configuration that all such artifacts share.
    uploads = [asked.method for asked in ours if "/uploads/" in asked.path]
    assert uploads == ["POST", "DELETE", "POST", "PUT", "POST", "PUT"]


@pytest.mark.slow
def test_a_push_that_is_listed_seconds_later_is_published(host: str, helm: Path, tmp_path: Path) -> None:
    pushed: list[Asked] = []

    def fault(asked: Asked) -> Told | None:
        if asked.method == "PUT" and asked.path.endswith("/manifests/0.1.0"):
            pushed.append(asked)
        late = pushed and asked.reads_manifest and asked.path.endswith("/0.1.0") and asked.before < 4
        return errors(404, "MANIFEST_UNKNOWN") if late else None

    stack = small(tmp_path, helm=helm)
    with proxied(host, fault) as proxy:
        ended = run(stack, proxy.host, f"late-{helm.name}")
    assert ended.status == 0, ended.stderr
    assert stack.remote_tags.keys() == {"v0.1.0"}
    assert len(pushed) == 1


@pytest.mark.parametrize("command", ["stage6", "plan", "simulate"])
@pytest.mark.parametrize("name", ["MyStack", "stack-", "my..stack"])
def test_a_name_that_the_registry_has_no_place_for_is_refused_by_every_command(
    tmp_path: Path, command: str, name: str
) -> None:
    stack = small(tmp_path)
    stack.commit("fix: a name", {CHART: SMALL[CHART].replace("small", name)})
    at = (f"--registry=oci://127.0.0.1:9/{'charts'}",) if command != "simulate" else ()
    if not at:
        stack.commit("ci: an OCI registry", {CONFIG_FILE: CONFIG.replace("../registry", "oci://127.0.0.1:9/charts")})
        at = ("--base=HEAD~2",)
    ended = stack.command(command, "--output=json", *at)
    assert ended.status == 2, ended.stdout + ended.stderr
    assert "CHART_NAME_OCI" in ended.stdout
    assert untouched(stack)


def test_a_directory_takes_a_name_that_oci_has_no_place_for(tmp_path: Path) -> None:
    stack = small(tmp_path, {CHART: SMALL[CHART].replace("small", "MyStack")})
    assert stack.run().status == 0
    assert stack.published == ["MyStack-0.1.0.tgz"]


@pytest.mark.slow
def test_the_login_of_the_environment_hides_no_login_for_the_subcharts(
    guarded: str, helm: Path, tmp_path: Path
) -> None:
    """The chart goes to one registry by STAGE6_REGISTRY_*, its subchart comes from another by helm's own login."""
    user = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    login = tmp_path / "login.json"
    with serve(tmp_path / "theirs", login=True) as theirs:
        login.write_text(json.dumps({"auths": {theirs: {"auth": user}}}))
        env = {**LOGIN, "HELM_REGISTRY_CONFIG": str(login)}
        named = SMALL[TEMPLATE].replace("name: app", "name: sub")
        chart: dict[str, str | bytes | None] = {CHART: SMALL[CHART].replace("small", "sub"), TEMPLATE: named}
        sub = small(tmp_path / "sub", chart, helm=helm)
        assert run(sub, theirs, "charts", **LOGIN).status == 0
        dependency = f"dependencies: [{{name: sub, version: 0.1.0, repository: 'oci://{theirs}/charts'}}]\n"
        stack = small(tmp_path / "main", {CHART: SMALL[CHART] + dependency}, helm=helm)
        update = [str(helm), "dependency", "update", "--plain-http", "--registry-config", str(login), "charts/app"]
        subprocess.run(update, check=True, capture_output=True, cwd=stack.repo.path)
        shutil.rmtree(stack.repo.path / "charts/app/charts")
        stack.commit("fix: lock it", {})
        ended = run(stack, guarded, helm.name, **env)
    assert ended.status == 0, ended.stderr
