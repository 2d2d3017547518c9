"""The chart of one commit: the same bytes on any machine, and an archive that helm takes."""

import hashlib
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from jetscale_cicd.config.settings import AppVersionRule
from jetscale_cicd.errors import ConfigurationError, PublishError
from jetscale_cicd.model.release import Recorded
from jetscale_cicd.model.version import Version
from tests.build.conftest import MakePackager
from tests.build.test_archive import tgz
from tests.conftest import HELMS, find_helm
from tests.support.history import Drawn, clone, draw
from tests.support.sample import SUBCHARTS, archive_files, project

V = Version(1, 2, 3)
CHART_YAML = """\
# Kept where it is.
apiVersion: v2
name: golden
version: 0.0.0 # stamped
dependencies: []
"""
# A change of this digest means that no published version is recognised as what its tag gives.
CONTENT = "sha256:e740c0b5a5a77751f28f4c57fd40ded4002e972ee3d0b1d2fb09db2b4e3c64c6"
# That of an archive which an earlier version of Stage 6 published: without compression, appVersion always stamped.
FORMER = "sha256:a628451f286e133eb617daf155d3ad96e36341167dc5782de3e3085d42fedee5"


def golden(path: Path) -> Drawn:
    repo = draw(path)
    repo.write("charts/app/Chart.yaml", CHART_YAML)
    repo.write("charts/app/values.yaml", "a: 1\n")
    repo.write("charts/app/templates/größe.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
    repo.write(f"charts/app/files/{'d' * 80}/{'f' * 80}.txt", "long\n")
    repo.write("charts/app/.helmignore", "*.md\n")
    repo.write("charts/app/README.md", "not packaged\n")
    repo.commit("feat: golden")
    return repo


def test_the_content_of_a_commit_is_known_to_the_byte(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = golden(tmp_path)
    assert packager(repo, helm).package(repo.head, V).content == CONTENT


def test_a_release_of_an_earlier_version_is_rebuilt_to_the_byte(
    helm: Path, tmp_path: Path, packager: MakePackager
) -> None:
    repo = golden(tmp_path)
    maker = replace(packager(repo, helm), recorded=lambda *_: Recorded(digest=FORMER))
    assert maker.package(repo.head, V).digest == FORMER


@pytest.mark.parametrize("rule", ["auto", "keep", "version"])
def test_a_release_is_rebuilt_by_the_rule_by_which_it_was_made(
    helm4: Path, tmp_path: Path, packager: MakePackager, rule: AppVersionRule
) -> None:
    repo = golden(tmp_path)
    made = replace(packager(repo, helm4), app_version=rule).package(repo.head, V)
    recorded = Recorded(digest="sha256:another-zlib", content=made.content)
    for now in ("auto", "keep", "version"):
        maker = replace(packager(repo, helm4), app_version=now, recorded=lambda *_: recorded)
        assert maker.package(repo.head, V).content == made.content


CRDS = "".join(
    f"  p{number}:\n    type: object\n    description: Specifies the behaviour of part {number}, by its users.\n"
    "    properties:\n      a: {type: string}\n"
    for number in range(10_000)
)


def test_the_archive_is_about_as_small_as_helms(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = golden(tmp_path)
    repo.write("charts/app/crds/all.yaml", f"kind: CustomResourceDefinition\nfields:\n{CRDS}")
    repo.commit("feat: definitions")
    artifact = packager(repo, helm).package(repo.head, V)
    folder = Path(artifact.path).parent / "chart"
    subprocess.run([helm, "package", folder, "--destination", tmp_path / "own"], check=True, capture_output=True)
    own = (tmp_path / "own" / Path(artifact.path).name).stat().st_size
    assert len(CRDS) > 1_200_000
    assert Path(artifact.path).stat().st_size <= 1.1 * own


@pytest.mark.parametrize(
    ("written", "rule", "packed"),
    [
        ("appVersion: 1.16.0", "auto", "1.16.0"),
        ("appVersion: '0.0.0'", "auto", "1.2.3"),
        ("appVersion: 0.0.0", "auto", "1.2.3"),
        ("", "auto", None),
        ("appVersion:", "auto", None),
        ("appVersion: 1.16.0", "version", "1.2.3"),
        ("", "version", "1.2.3"),
        ("appVersion: 0.0.0", "keep", "0.0.0"),
        ('appVersion: "1.10"', "keep", "1.10"),
    ],
)
def test_app_version_is_the_authors_unless_it_is_kept_equal_or_configured(
    helm: Path, tmp_path: Path, packager: MakePackager, written: str, rule: AppVersionRule, packed: str | None
) -> None:
    repo = golden(tmp_path)
    repo.write("charts/app/Chart.yaml", f"{CHART_YAML}{written}\n")
    repo.commit("feat: app")
    artifact = replace(packager(repo, helm), app_version=rule).package(repo.head, V)
    chart = yaml.safe_load(archive_files(Path(artifact.path))["golden/Chart.yaml"])
    assert (chart["version"], chart.get("appVersion")) == ("1.2.3", packed)


def test_an_app_version_that_helm_would_misread_is_refused_where_it_is_the_authors(
    helm4: Path, tmp_path: Path, packager: MakePackager
) -> None:
    repo = golden(tmp_path)
    repo.write("charts/app/Chart.yaml", f"{CHART_YAML}appVersion: 1.10\n")
    repo.commit("feat: app")
    with pytest.raises(ConfigurationError) as caught:
        packager(repo, helm4).package(repo.head, V)
    assert (caught.value.code, caught.value.where) == ("CHART_YAML", "charts/app/Chart.yaml:6:13")
    replace(packager(repo, helm4), app_version="version").package(repo.head, V)


def test_a_file_of_helms_own_archive_that_is_there_twice_is_refused(
    helm4: Path, tmp_path: Path, packager: MakePackager
) -> None:
    """A subchart deeper down, in archives: helm packs both as one folder."""
    repo = golden(tmp_path)
    inner = {f"charts/b-{number}.tgz": tgz({"b/Chart.yaml": NAMED.format("b").encode()}) for number in (1, 2)}
    outer = tgz({"a/Chart.yaml": NAMED.format("a").encode(), **{f"a/{name}": data for name, data in inner.items()}})
    repo.write("charts/app/charts/a-1.0.0.tgz", outer)
    repo.commit("feat: vendor")
    with pytest.raises(ConfigurationError) as caught:
        packager(repo, helm4).package(repo.head, V)
    assert (caught.value.code, "charts/b/Chart.yaml" in caught.value.message) == ("CHART_ARCHIVE", True)


NAMED = "apiVersion: v2\nname: {}\nversion: 1.0.0\n"


def test_two_clones_two_times_two_helms_one_archive(tmp_path: Path, packager: MakePackager) -> None:
    repo = project(tmp_path / "a").repo
    other = clone(repo, tmp_path / "somewhere-else")
    for file in other.path.rglob("*.yaml"):
        os.utime(file, (1, 1))
    mirrors = {"oci://ghcr.io/jetscale-ai/charts": str(SUBCHARTS)}
    archives = [
        Path(packager(each, find_helm(name), mirrors=mirrors).package(each.head, V).path).read_bytes()
        for each, name in zip((repo, other), HELMS, strict=True)
    ]
    assert archives[0] == archives[1]


def test_line_ends_and_filters_of_the_machine_leave_no_trace(
    helm4: Path, tmp_path: Path, packager: MakePackager
) -> None:
    repo = golden(tmp_path)
    repo.write(".gitattributes", "*.yaml filter=spoil text eol=crlf export-subst\nvalues.yaml export-ignore\n")
    repo.commit("chore: attributes")
    for key, value in (("core.autocrlf", "true"), ("filter.spoil.smudge", "sed s/1/2/")):
        repo.git("config", key, value)
    files = archive_files(Path(packager(repo, helm4).package(repo.head, V).path))
    assert files["golden/values.yaml"] == b"a: 1\n"


def test_the_digest_names_the_archive(helm4: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = golden(tmp_path)
    artifact = packager(repo, helm4).package(repo.head, V)
    assert artifact.digest == "sha256:" + hashlib.sha256(Path(artifact.path).read_bytes()).hexdigest()


def test_a_commit_is_packaged_once(helm4: Path, tmp_path: Path, packager: MakePackager, commands: list[str]) -> None:
    repo = golden(tmp_path)
    maker = packager(repo, helm4)
    assert maker.package(repo.head, V) is maker.package(repo.head, V)
    assert len(commands) == 1


def test_what_helmignore_names_is_left_out(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = golden(tmp_path)
    files = archive_files(Path(packager(repo, helm).package(repo.head, V).path))
    assert "golden/README.md" not in files
    assert "golden/values.yaml" in files


@pytest.mark.parametrize("arguments", [("show", "chart"), ("template", "r"), ("lint",)])
def test_helm_takes_the_archive(helm: Path, tmp_path: Path, packager: MakePackager, arguments: tuple[str, ...]) -> None:
    repo = golden(tmp_path)
    archive = packager(repo, helm).package(repo.head, V).path
    finished = subprocess.run([helm, *arguments, archive], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert {"show": "version: 1.2.3", "template": "kind: ConfigMap", "lint": "1 chart(s) linted, 0"}[
        arguments[0]
    ] in finished.stdout


def test_version_and_app_version_are_stamped_and_dependencies_keep_theirs(
    helm: Path, tmp_path: Path, packager: MakePackager
) -> None:
    repo = project(tmp_path).repo
    mirrors = {"oci://ghcr.io/jetscale-ai/charts": str(SUBCHARTS)}
    files = archive_files(Path(packager(repo, helm, mirrors=mirrors).package(repo.head, V).path))
    chart = yaml.safe_load(files["jetscale-stack/Chart.yaml"])
    assert (chart["version"], chart["appVersion"]) == ("1.2.3", "1.2.3")
    assert [(each["name"], each["version"]) for each in chart["dependencies"]] == [
        ("backend-api", "1.2.1"),
        ("frontend-web", "2.0.2"),
    ]
    assert yaml.safe_load(files["jetscale-stack/charts/backend-api/Chart.yaml"])["version"] == "1.2.1"


def test_helm_gets_the_chart_as_written_except_for_stamp_and_origin(
    helm4: Path, tmp_path: Path, packager: MakePackager
) -> None:
    repo = golden(tmp_path)
    artifact = packager(repo, helm4).package(repo.head, V)
    handed = (Path(artifact.path).parent / "chart" / "Chart.yaml").read_text()
    stamped = CHART_YAML.replace("version: 0.0.0 # stamped", "version: 1.2.3 # stamped")
    origin = f'annotations: {{"org.opencontainers.image.revision": "{repo.head}"}}\n'
    assert handed == stamped.replace("version: 1.2.3", f"{origin}version: 1.2.3", 1)


def test_three_thousand_files_are_packaged(helm4: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = golden(tmp_path)
    for number in range(3000):
        repo.write(f"charts/app/files/{number % 50}/{number}.txt", f"{number}\n")
    repo.commit("feat: many")
    files = archive_files(Path(packager(repo, helm4).package(repo.head, V).path))
    assert sum(name.startswith("golden/files/") for name in files) == 3001
    assert files["golden/files/49/2999.txt"] == b"2999\n"


def test_a_symlink_inside_the_repository_becomes_the_file(helm: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = golden(tmp_path)
    repo.write("shared.txt", "shared\n")
    (repo.path / "charts/app/files/link.txt").symlink_to("../../../shared.txt")
    repo.commit("feat: link")
    files = archive_files(Path(packager(repo, helm).package(repo.head, V).path))
    assert files["golden/files/link.txt"] == b"shared\n"


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("/etc/passwd", "LINK_ESCAPES"),
        ("../../../../x", "LINK_ESCAPES"),
        ("nowhere", "LINK_BROKEN"),
        ("l", "LINK_BROKEN"),
    ],
)
def test_a_symlink_out_of_the_tree_or_to_nothing_is_refused(
    helm4: Path, tmp_path: Path, packager: MakePackager, link: str, code: str
) -> None:
    repo = golden(tmp_path)
    (repo.path / "charts/app/l").symlink_to(link)
    repo.commit("feat: link")
    with pytest.raises(ConfigurationError) as caught:
        packager(repo, helm4).package(repo.head, V)
    assert (caught.value.code, caught.value.where) == (code, "charts/app/l")


def test_a_submodule_in_the_chart_is_refused(helm4: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = golden(tmp_path)
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head},charts/app/sub")
    repo.git("commit", "--quiet", "--message", "feat: sub")
    with pytest.raises(ConfigurationError) as caught:
        packager(repo, helm4).package(repo.head, V)
    assert (caught.value.code, caught.value.where) == ("SUBMODULE", "charts/app/sub")


def test_a_chart_that_helm_refuses_is_named_with_helms_message(
    helm: Path, tmp_path: Path, packager: MakePackager
) -> None:
    repo = golden(tmp_path)
    repo.write("charts/app/values.yaml", "- a list\n")
    repo.commit("feat: broken")
    with pytest.raises(PublishError) as caught:
        packager(repo, helm).package(repo.head, V)
    assert (caught.value.code, caught.value.where) == ("PACKAGE_FAILED", "charts/app")
    assert "values.yaml" in caught.value.message


def test_a_commit_without_the_folder_has_no_chart(helm4: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = draw(tmp_path, "feat: a [README.md]")
    with pytest.raises(ConfigurationError) as caught:
        packager(repo, helm4).package(repo.head, V)
    assert (caught.value.code, caught.value.where) == ("CHART_MISSING", "charts/app")


def test_what_helmignore_keeps_out_need_not_be_valid(helm4: Path, tmp_path: Path, packager: MakePackager) -> None:
    repo = golden(tmp_path)
    repo.write("charts/app/.helmignore", "out\n")
    (repo.path / "charts/app/out").symlink_to("/etc/passwd")
    repo.commit("chore: a link for developers")
    files = archive_files(Path(packager(repo, helm4).package(repo.head, V).path))
    assert "golden/out" not in files
