"""Subcharts from repositories and mirrors: always the locked ones, and no program is started for a malicious URL."""

import base64
import hashlib
import http.server
import io
import json
import os
import shutil
import subprocess
import tarfile
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
from tests.support.oci import PASSWORD, USERNAME, authority, serve
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
    assert (error.code, "(frontend-web 2.0.2)" in error.message) == ("DEPENDENCY_DIFFERS", True)


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


@pytest.mark.parametrize("name", [".helmignore", "templates/pipe.yaml"])
def test_a_pipe_in_a_mirror_is_not_waited_for(helm: Path, tmp_path: Path, packager: MakePackager, name: str) -> None:
    mirror = tmp_path / "mirror"
    shutil.copytree(SUBCHARTS / "backend-api", mirror / "backend-api")
    (mirror / "backend-api" / name).unlink(missing_ok=True)
    os.mkfifo(mirror / "backend-api" / name)
    error = refused(chart(tmp_path / "repo", backend()), packager, helm, mirrors={HOST: str(mirror)})
    assert (error.code, Path(name).name in error.message) == ("DEPENDENCY_UNREACHABLE", True)


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


@pytest.mark.slow
def test_a_private_registry_on_this_machine_can_be_used_beside_one_with_tls(
    helm: Path, tmp_path: Path, packager: MakePackager, archives: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `--plain-http`, helm 3.22 sends the first one no login, and helm 4 does not reach it (measured)."""
    tls = authority(tmp_path / "tls", "0.0.0.0")
    with serve(tmp_path / "here", login=True) as here, serve(tmp_path / "there", tls=tls) as there:
        elsewhere = there.replace("127.0.0.1", "0.0.0.0")  # the same machine, by a name that helm does not take for it
        login = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        (tmp_path / "login.json").write_text(json.dumps({"auths": {here: {"auth": login}}}))
        monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "login.json"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tls.ca))
        for archive, place in (("backend-api-1.2.1", here), ("frontend-web-2.0.2", elsewhere)):
            plain = ["--plain-http"] if place == here else []
            push = [str(find_helm("helm4")), "push", str(archives / f"{archive}.tgz"), f"oci://{place}/x", *plain]
            subprocess.run(push, check=True, capture_output=True)
        frontend = {"name": "frontend-web", "version": "2.0.2", "repository": f"oci://{elsewhere}/x"}
        repo = chart(tmp_path / "repo", backend(repository=f"oci://{here}/x"), frontend)
        archive = packager(repo, helm, network=True).package(repo.head, V).path
    assert subcharts(archive) == {"backend-api", "frontend-web"}


def test_a_chart_repository_can_be_used_beside_a_mirrored_one(
    helm4: Path, tmp_path: Path, packager: MakePackager, chart_repository: str
) -> None:
    frontend = {"name": "frontend-web", "version": "2.0.2", "repository": chart_repository}
    repo = chart(tmp_path, backend(), frontend)
    archive = packager(repo, helm4, mirrors=MIRROR, network=True).package(repo.head, V).path
    assert subcharts(archive) == {"backend-api", "frontend-web"}


# Nothing but what Chart.lock names: no second chart of a name, by whatever way


def packed(
    name: str, version: str, *, folder: str = "", values: str = "", more: Mapping[str, str] | None = None
) -> bytes:
    """An archive of a chart."""
    files = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n", "values.yaml": values, **(more or {})}
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{folder or name}/{path}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return raw.getvalue()


def sub(version: str = "1.1.0", **more: str) -> dict[str, str]:
    return {"name": "sub", "version": version, "repository": HOST, **more}


@pytest.fixture
def mirror(tmp_path: Path) -> dict[str, str]:
    """A mirror that holds two versions of a subchart."""
    directory = tmp_path / "mirror"
    directory.mkdir()
    for version in ("1.0.0", "1.1.0"):
        (directory / f"sub-{version}.tgz").write_bytes(packed("sub", version, values=f"v: {version}\n"))
    return {HOST: str(directory)}


def with_files(repo: Drawn, **files: str | bytes) -> Drawn:
    for path, content in files.items():
        repo.write(f"charts/app/charts/{path}", content)
    repo.commit("feat: vendor")
    return repo


@pytest.mark.parametrize("file", ["sub-1.0.0.tgz", "sub.tgz", "a.tgz", "zzz.tgz"])
def test_a_committed_archive_of_another_version_is_left_out(
    helm: Path, tmp_path: Path, packager: MakePackager, mirror: dict[str, str], file: str, commands: list[str]
) -> None:
    repo = with_files(chart(tmp_path / "repo", sub()), **{file: packed("sub", "1.0.0", values="v: 1.0.0\n")})
    files = archive_files(Path(packager(repo, helm, mirrors=mirror).package(repo.head, V).path))
    assert {name: text for name, text in files.items() if name.startswith("app/charts/")}.keys() == {
        "app/charts/sub/Chart.yaml",
        "app/charts/sub/values.yaml",
    }
    assert files["app/charts/sub/values.yaml"] == b"v: 1.1.0\n"
    assert any(f"charts/app/charts/{file} is left out" in line for line in commands)


def test_a_committed_archive_is_the_locked_one_whatever_its_file_is_called(
    helm: Path, tmp_path: Path, packager: MakePackager
) -> None:
    repo = with_files(chart(tmp_path, sub()), **{"vendored.tgz": packed("sub", "1.1.0", values="v: ours\n")})
    files = archive_files(Path(packager(repo, helm).package(repo.head, V).path))
    assert files["app/charts/sub/values.yaml"] == b"v: ours\n"


CHART_YAML = "apiVersion: v2\nname: {}\nversion: {}\n"


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"sub/Chart.yaml": CHART_YAML.format("sub", "1.0.0")}, "sub-1.1.0.tgz"),
        ({"fork/Chart.yaml": CHART_YAML.format("sub", "9.0.0")}, "sub-1.1.0.tgz"),
        (
            {"sub/Chart.yaml": CHART_YAML.format("sub", "1.1.0"), "sub-1.1.0.tgz": packed("sub", "1.1.0")},
            "sub-1.1.0.tgz",
        ),
        ({"sub-1.1.0.tgz": packed("sub", "1.1.0"), "sub.tgz": packed("sub", "1.1.0")}, "sub.tgz"),
        ({"b-1.0.0.tgz": packed("b", "1.0.0"), "b-2.0.0.tgz": packed("b", "2.0.0")}, "b-2.0.0.tgz"),
        ({"b-1.0.0.tgz": packed("b", "1.0.0"), "c/Chart.yaml": CHART_YAML.format("b", "1.0.0")}, "c"),
        ({"two.tgz": packed("two", "1.0.0")}, "two.tgz"),
    ],
)
def test_two_charts_of_one_name_are_refused_by_name(
    helm4: Path, tmp_path: Path, packager: MakePackager, mirror: dict[str, str], files: dict[str, Any], named: str
) -> None:
    repo = with_files(chart(tmp_path / "repo", sub(alias="two")), **files)
    error = refused(repo, packager, helm4, mirrors=mirror)
    assert (error.code, error.where) == ("SUBCHART_TWICE", f"charts/app/charts/{named}")


@pytest.mark.parametrize("other", [{"version": "1.0.0"}, {"repository": "https://elsewhere.test/charts"}])
def test_two_charts_of_one_name_are_refused_although_their_aliases_differ(
    helm4: Path,
    tmp_path: Path,
    packager: MakePackager,
    mirror: dict[str, str],
    commands: list[str],
    other: dict[str, str],
) -> None:
    repo = chart(tmp_path / "repo", {**sub(alias="old"), **other}, sub("1.1.0", alias="new"))
    error = refused(repo, packager, helm4, mirrors=mirror)
    assert (error.code, error.where, commands) == ("SUBCHART_TWICE", "charts/app/Chart.yaml", [])


def test_an_archive_under_the_name_of_the_locked_one_is_not_replaced(
    helm4: Path, tmp_path: Path, packager: MakePackager, mirror: dict[str, str]
) -> None:
    repo = with_files(chart(tmp_path / "repo", sub()), **{"sub-1.1.0.tgz": packed("other", "1.0.0")})
    error = refused(repo, packager, helm4, mirrors=mirror)
    assert (error.code, error.where) == ("DEPENDENCY_DIFFERS", "charts/app/charts/sub-1.1.0.tgz")


@pytest.mark.parametrize("place", ["charts/app/charts/outer", "charts/shared"])
@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"charts/b-1.0.0.tgz": packed("b", "1.0.0"), "charts/b-2.0.0.tgz": packed("b", "2.0.0")}, "SUBCHART_TWICE"),
        ({"charts/b-1.0.0.tgz": packed("b", "1.0.0"), "Chart.lock": "B"}, "DEPENDENCY_DIFFERS"),
        ({"charts/b-1.0.0.tgz": packed("b", "1.0.0"), "requirements.lock": "B"}, "DEPENDENCY_DIFFERS"),
        ({"charts/b-1.0.0.tgz": b"version https://git-lfs.github.com/spec/v1\noid sha256:4\nsize 1\n"}, "POINTER"),
    ],
)
def test_what_a_folder_packs_in_its_turn_is_checked_too(
    helm4: Path, tmp_path: Path, packager: MakePackager, place: str, files: dict[str, Any], code: str
) -> None:
    outer = {"name": "outer", "version": "0.1.0", "repository": "" if "app" in place else "file://../shared"}
    repo = chart(tmp_path, outer)
    repo.write(f"{place}/Chart.yaml", CHART_YAML.format("outer", "0.1.0"))
    lock = "dependencies:\n- {name: b, version: 2.0.0, repository: 'oci://r'}\n- {name: c, version: 1.0.0}\n"
    for path, content in files.items():
        repo.write(f"{place}/{path}", lock if content == "B" else content)
    repo.commit("feat: outer")
    error = refused(repo, packager, helm4)
    assert (error.code, error.where) == (code, f"{place}/charts/{'b-2.0.0' if 'TWICE' in code else 'b-1.0.0'}.tgz")


def repeated(name: str) -> bytes:
    """An archive that holds a file twice, the second time in another folder that helm does not look at."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for path in (f"{name}/Chart.yaml", f"{name}/values.yaml", "other/./values.yaml"):
            text = CHART_YAML.format(name, "1.1.0") if path.endswith("Chart.yaml") else "a: 1\n"
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return raw.getvalue()


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4\nsize 1\n"


@pytest.mark.parametrize("way", ["vendored", "mirrored"])
@pytest.mark.parametrize(
    ("archive", "code"), [(repeated("sub"), "CHART_ARCHIVE"), (packed("sub", "1.1.0", values=POINTER), "POINTER")]
)
def test_an_archive_of_which_helm_reads_something_else_is_refused(
    helm4: Path, tmp_path: Path, packager: MakePackager, mirror: dict[str, str], way: str, archive: bytes, code: str
) -> None:
    repo = chart(tmp_path / "repo", sub())
    if way == "vendored":
        with_files(repo, **{"sub-1.1.0.tgz": archive})
    else:
        (Path(mirror[HOST]) / "sub-1.1.0.tgz").write_bytes(archive)
    error = refused(repo, packager, helm4, mirrors=mirror)
    assert (error.code, "charts/sub-1.1.0.tgz" in error.where) == (code, True)


def test_by_every_way_the_same_chart_and_the_committed_archive_before_any_other(
    tmp_path: Path, packager: MakePackager, helm4: Path, archives: Path, chart_repository: str
) -> None:
    """`helm dependency build` would overwrite what is vendored, and remove archives that Chart.yaml does not name."""
    frontend = {"name": "frontend-web", "version": "2.0.2", "repository": chart_repository}
    repo = chart(tmp_path / "repo", {**backend(), "repository": chart_repository}, frontend)
    ours = packed("backend-api", "1.2.1", values="vendored: true\n")
    extra = {"backend-api-1.2.1.tgz": ours, "extra-1.0.0.tgz": packed("extra", "1.0.0")}
    with_files(repo, **extra, **{"frontend-web-0.0.1.tgz": packed("frontend-web", "0.0.1")})
    ways = ({"mirrors": {chart_repository: str(archives)}}, {"network": True})
    made = [packager(repo, helm4, **way).package(repo.head, V) for way in ways]
    assert made[0].digest == made[1].digest
    files = archive_files(Path(made[1].path))
    assert subcharts(made[1].path) == {"backend-api", "extra", "frontend-web"}
    assert files["app/charts/backend-api/values.yaml"] == b"vendored: true\n"
