"""Subcharts from repositories and mirrors: always the locked ones, and no program is started for a malicious URL."""

import hashlib
import http.server
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.version import Version
from tests.build.conftest import MakePackager
from tests.conftest import HELMS, find_helm
from tests.support.history import Drawn, draw
from tests.support.sample import SUBCHARTS, archive_files

V = Version(1, 0, 0)
HOST = "oci://registry.example.invalid/charts"
MIRROR = {HOST: str(SUBCHARTS)}


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that holds the subcharts as archives."""
    directory = tmp_path_factory.mktemp("archives")
    for name in ("backend-api", "frontend-web"):
        package = [str(find_helm(HELMS[0])), "package", str(SUBCHARTS / name), "--destination", str(directory)]
        subprocess.run(package, check=True, capture_output=True)
    return directory


def chart(path: Path, *dependencies: Mapping[str, Any], lock: str | None = "") -> Drawn:
    """A repository with a chart and its dependencies; the lock is helm's own unless its text is given."""
    repo = draw(path)
    lines = [f"- {{{', '.join(f'{key}: {value!r}' for key, value in each.items())}}}" for each in dependencies]
    head = "apiVersion: v2\nname: app\nversion: 0.0.0\n"
    repo.write("charts/app/Chart.yaml", "\n".join([f"{head}dependencies:", *lines, ""]))
    if lock is not None:
        repo.write("charts/app/Chart.lock", lock or _lock(dependencies))
    repo.commit("feat: chart")
    return repo


def _lock(dependencies: tuple[Mapping[str, Any], ...]) -> str:
    order = ("name", "version", "repository", "condition", "alias")
    declared = [{key: each[key] for key in order if key in each} for each in dependencies]
    locked = [{key: each[key] for key in order[:3]} for each in declared]
    text = json.dumps([declared, locked], separators=(",", ":")).replace(">", "\\u003e")  # as Go writes it
    digest = hashlib.sha256(text.encode()).hexdigest()
    entries = [
        f"- name: {e['name']!r}\n  repository: {e['repository']!r}\n  version: {e['version']!r}\n" for e in locked
    ]
    return f"dependencies:\n{''.join(entries)}digest: sha256:{digest}\ngenerated: '2026-01-01T00:00:00Z'\n"


def backend(**more: str) -> dict[str, str]:
    return {"name": "backend-api", "version": "1.2.1", "repository": HOST, **more}


def subcharts(archive: str) -> set[str]:
    return {name.split("/")[2] for name in archive_files(Path(archive)) if name.startswith("app/charts/")}


def refused(repo: Drawn, maker: MakePackager, helm: Path, **options: Any) -> Stage6Error:
    with pytest.raises(Stage6Error) as caught:
        maker(repo, helm, **options).package(repo.head, V)
    return caught.value


def test_a_mirror_of_folders(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = chart(tmp_path, backend())
    assert subcharts(packager(repo, helm, mirrors=MIRROR).package(repo.head, V).path) == {"backend-api"}


def test_a_mirror_of_archives_gives_the_same_chart(
    helm: Path, tmp_path: Path, packager: MakePackager, archives: Path
) -> None:
    repo = chart(tmp_path, backend())
    mirrors = (MIRROR, {HOST: archives.as_uri()})
    digests = {packager(repo, helm, mirrors=mirror).package(repo.head, V).digest for mirror in mirrors}
    assert len(digests) == 1


def test_a_vendored_archive_needs_no_repository(
    helm: Path, tmp_path: Path, packager: MakePackager, archives: Path, commands: list[str]
) -> None:
    repo = chart(tmp_path, backend())
    name = "backend-api-1.2.1.tgz"
    repo.write(f"charts/app/charts/{name}", (archives / name).read_bytes())
    repo.commit("feat: vendor")
    assert subcharts(packager(repo, helm).package(repo.head, V).path) == {"backend-api"}
    assert [" package " in command for command in commands] == [True]


def test_a_folder_in_charts_needs_no_repository_and_may_be_a_range(
    helm: Path, tmp_path: Path, packager: MakePackager
) -> None:
    repo = chart(tmp_path, {"name": "local", "version": ">=0.1.0", "repository": ""})
    repo.write("charts/app/charts/local/Chart.yaml", "apiVersion: v2\nname: local\nversion: 0.3.0\n")
    repo.commit("feat: local")
    assert subcharts(packager(repo, helm).package(repo.head, V).path) == {"local"}


def test_a_missing_folder_in_charts_is_not_searched_for_elsewhere(
    helm4: Path, tmp_path: Path, packager: MakePackager, commands: list[str]
) -> None:
    repo = chart(tmp_path, {"name": "local", "version": "0.1.0", "repository": ""})
    repo.write("local/Chart.yaml", "apiVersion: v2\nname: local\nversion: 0.1.0\n")
    repo.commit("feat: elsewhere")
    error = refused(repo, packager, helm4)
    assert (error.code, error.exit_status, commands) == ("DEPENDENCY_DIFFERS", 2, [])


def test_a_file_dependency_is_taken_from_the_same_commit(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = chart(tmp_path, {"name": "shared", "version": "0.1.0", "repository": "file://../shared"})
    repo.write("charts/shared/Chart.yaml", "apiVersion: v2\nname: shared\nversion: 0.1.0\n")
    repo.write("charts/shared/values.yaml", "a: committed\n")
    repo.commit("feat: shared")
    repo.write("charts/shared/values.yaml", "a: not committed\n")
    files = archive_files(Path(packager(repo, helm).package(repo.head, V).path))
    assert files["app/charts/shared/values.yaml"] == b"a: committed\n"


@pytest.mark.parametrize("place", ["file://../../../etc", "file:///etc", "file://../../.."])
def test_a_file_dependency_outside_the_repository_is_refused(
    helm4: Path, tmp_path: Path, packager: MakePackager, commands: list[str], place: str
) -> None:
    repo = chart(tmp_path, {"name": "shared", "version": "0.1.0", "repository": place})
    assert (refused(repo, packager, helm4).code, commands) == ("LINK_ESCAPES", [])


def test_two_aliases_of_one_chart_share_its_archive(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = chart(tmp_path, backend(alias="one"), backend(alias="two"))
    archive = packager(repo, helm, mirrors=MIRROR).package(repo.head, V).path
    shown = subprocess.run(
        [str(helm), "template", "r", archive, "--set", "one.replicaCount=7"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("kind: Deployment") == 2


def test_a_condition_switches_the_subchart_off(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = chart(tmp_path, backend(condition="backend-api.enabled"))
    archive = packager(repo, helm, mirrors=MIRROR).package(repo.head, V).path
    off = [str(helm), "template", "r", archive, "--set", "backend-api.enabled=false"]
    assert "Deployment" not in subprocess.run(off, capture_output=True, text=True, check=True).stdout


def test_another_version_in_the_mirror_differs(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = chart(tmp_path, {**backend(), "version": "9.9.9"})
    error = refused(repo, packager, helm, mirrors=MIRROR)
    assert (error.code, error.exit_status) == ("DEPENDENCY_DIFFERS", 2)
    assert "backend-api 9.9.9" in error.message
    assert "backend-api-1.2.1.tgz" in error.message


def test_another_chart_under_the_archives_name_differs(
    helm4: Path, tmp_path: Path, packager: MakePackager, archives: Path
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "backend-api-1.2.1.tgz").write_bytes((archives / "frontend-web-2.0.2.tgz").read_bytes())
    repo = chart(tmp_path / "repo", backend())
    error = refused(repo, packager, helm4, mirrors={HOST: str(mirror)})
    assert (error.code, "it is frontend-web 2.0.2" in error.message) == ("DEPENDENCY_DIFFERS", True)


@pytest.mark.parametrize("kept", [0, 300, -400])
def test_a_corrupted_archive_is_refused(
    helm4: Path, tmp_path: Path, packager: MakePackager, archives: Path, kept: int
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    whole = (archives / "backend-api-1.2.1.tgz").read_bytes()
    (mirror / "backend-api-1.2.1.tgz").write_bytes(whole[:kept])
    repo = chart(tmp_path / "repo", backend())
    error = refused(repo, packager, helm4, mirrors={HOST: str(mirror)})
    assert (error.code, error.where) == ("DEPENDENCY_DIFFERS", "charts/backend-api-1.2.1.tgz")


def test_a_mirror_that_lacks_it_is_named_with_what_to_do(
    helm4: Path, tmp_path: Path, packager: MakePackager, commands: list[str]
) -> None:
    repo = chart(tmp_path / "repo", backend())
    error = refused(repo, packager, helm4, mirrors={HOST: str(tmp_path / "nowhere")})
    assert (error.code, error.exit_status, commands) == ("DEPENDENCY_UNREACHABLE", 3, [])
    assert f"{HOST}: DIRECTORY" in error.hint


def test_without_network_a_remote_repository_is_not_asked(
    helm4: Path, tmp_path: Path, packager: MakePackager, commands: list[str]
) -> None:
    repo = chart(tmp_path, backend())
    error = refused(repo, packager, helm4, network=False)
    assert (error.code, commands) == ("DEPENDENCY_UNREACHABLE", [])
    assert "does not use the network" in error.message


def test_without_a_lock_nothing_is_guessed(helm4: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = chart(tmp_path, backend(), lock=None)
    error = refused(repo, packager, helm4, mirrors=MIRROR)
    assert (error.code, error.where) == ("CHART_LOCK_MISSING", "charts/app/Chart.lock")
    assert "helm dependency update charts/app" in error.hint


def test_a_lock_for_other_dependencies_is_stale(helm4: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = chart(tmp_path, {**backend(), "version": "1.3.0"}, lock=_lock((backend(),)))
    assert refused(repo, packager, helm4, mirrors=MIRROR).code == "CHART_LOCK_STALE"


@pytest.mark.parametrize(
    "place",
    ["-x", "--post-renderer=/bin/true", "evil://host/charts", "s3://bucket", "git+https://host/x", "some/folder"],
)
def test_a_repository_with_an_unsupported_url_starts_no_program(
    helm4: Path, tmp_path: Path, packager: MakePackager, commands: list[str], place: str
) -> None:
    repo = chart(tmp_path, {**backend(), "repository": place})
    error = refused(repo, packager, helm4, network=True)
    assert (error.code, error.exit_status, commands) == ("DEPENDENCY_REPOSITORY", 2, [])


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Log nothing."""


@pytest.fixture
def chart_repository(archives: Path) -> Iterator[str]:
    """A chart repository as `helm repo index` makes one, on loopback."""
    handler = partial(Quiet, directory=str(archives))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        index = [str(find_helm(HELMS[0])), "repo", "index", str(archives), "--url", url]
        subprocess.run(index, check=True, capture_output=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield url
        server.shutdown()
        thread.join()


def test_a_chart_repository_needs_no_helm_repo_add(
    helm: Path, tmp_path: Path, packager: MakePackager, chart_repository: str
) -> None:
    repo = chart(tmp_path, {**backend(), "repository": chart_repository})
    assert subcharts(packager(repo, helm, network=True).package(repo.head, V).path) == {"backend-api"}


def test_a_chart_repository_can_be_used_beside_a_mirrored_one(
    helm4: Path, tmp_path: Path, packager: MakePackager, chart_repository: str
) -> None:
    frontend = {"name": "frontend-web", "version": "2.0.2", "repository": chart_repository}
    repo = chart(tmp_path, backend(), frontend)
    archive = packager(repo, helm4, mirrors=MIRROR, network=True).package(repo.head, V).path
    assert subcharts(archive) == {"backend-api", "frontend-web"}
