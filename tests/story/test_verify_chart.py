"""`verify-chart` and `status`, on a directory and on a real OCI registry."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import HELMS, find_helm
from tests.story.test_story import CHART
from tests.support.oci import serve
from tests.support.sample import Sample, released, small

pytestmark = pytest.mark.quick(3)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("oci")) as host:
        yield f"oci://{host}/charts"


@pytest.fixture(scope="module")
def story(place: str, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Five releases in an OCI registry, published by helm 3 and helm 4 in turns."""
    stack = small(tmp_path_factory.mktemp("stack"))
    for number in range(5):
        if number:
            stack.edit("fix: another size", CHART, f"size: {number}", f"size: {number + 1}")
        run = Sample(stack.directory, find_helm(HELMS[number % 2])).run(f"--registry={place}")
        assert (run.status, run.json["version"]) == (0, f"0.1.{number}"), run.stderr
    return stack


@pytest.mark.slow
@pytest.mark.parametrize("number", range(5))
def test_the_last_five_versions_are_what_their_tags_give_with_either_helm(
    story: Sample, place: str, helm: Path, number: int
) -> None:
    ended = Sample(story.directory, helm).command(
        "verify-chart", f"v0.1.{number}", f"--registry={place}", "--output=json"
    )
    assert (ended.status, ended.json["result"], ended.json["files"]) == (0, "equal", [])
    assert ended.json["published"] == ended.json["rebuilt"]


def test_in_a_directory_too(tmp_path: Path) -> None:
    ended = released(small(tmp_path)).command("verify-chart", "v0.1.0")
    assert ended.status == 0
    assert ended.stdout.startswith("EQUAL  0.1.0 ")


def rewrite(archive: Path, change: bytes, *, mtime: int = 0) -> None:
    """The archive again, with another mtime, and with ``change`` at the end of values.yaml."""
    out = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            data = (content.read() if content else b"") + (change if member.name.endswith("/values.yaml") else b"")
            member.size, member.mtime = len(data), mtime
            new.addfile(member, io.BytesIO(data))
    archive.write_bytes(out.getvalue())


def test_a_package_that_somebody_packed_again_holds_the_same_files(tmp_path: Path) -> None:
    stack = released(small(tmp_path))
    rewrite(next(stack.registry.iterdir()), b"")
    ended = stack.command("verify-chart", "v0.1.0", "--output=json")
    assert (ended.status, ended.json["result"], ended.json["files"]) == (0, "repacked", [])


def test_status_shows_what_a_run_would_refuse(tmp_path: Path) -> None:
    stack = released(small(tmp_path))
    rewrite(next(stack.registry.iterdir()), b"more: 1\n")
    ended = stack.command("status")
    assert ended.status == 4
    assert "latest     v0.1.0" in ended.stdout
    assert "next run   refuses: PUBLISHED_DIFFERS" in ended.stdout
    assert "error PUBLISHED_DIFFERS" in ended.stderr
    assert stack.command("status", "--output=json").json["error"]["code"] == "PUBLISHED_DIFFERS"


def test_a_package_that_somebody_changed_is_told_file_by_file(tmp_path: Path) -> None:
    stack = released(small(tmp_path))
    rewrite(next(stack.registry.iterdir()), b"more: 1\n")
    ended = stack.command("verify-chart", "v0.1.0")
    assert ended.status == 6
    assert "DIFFERENT" in ended.stdout
    assert "~small/values.yaml" in ended.stdout
    assert "error CHART_DIFFERS" in ended.stderr


@pytest.mark.parametrize(
    ("tag", "status", "code"), [("latest", 2, "NO_RELEASE_TAG"), ("v9.9.9", 8, "NO_SUCH_REVISION"), ("-rf", 2, "USAGE")]
)
def test_a_tag_that_is_none_is_refused(tmp_path: Path, tag: str, status: int, code: str) -> None:
    ended = released(small(tmp_path)).command("verify-chart", tag, "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (status, code)


def test_a_package_that_is_not_there_is_not_compared(tmp_path: Path) -> None:
    stack = released(small(tmp_path))
    next(stack.registry.iterdir()).unlink()
    ended = stack.command("verify-chart", "v0.1.0", "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (3, "NOT_PUBLISHED")


def test_status_says_where_things_stand(tmp_path: Path) -> None:
    stack = released(small(tmp_path))
    stack.edit("feat: more room", CHART, "1", "2")
    text = stack.command("status").stdout
    assert (
        text.splitlines()[-1] == "next run   publish 0.2.0 (minor, after 0.1.0) and deploy it to live (jetscale-prod)"
    )
    document = stack.command("status", "--output=json").json
    assert document["published"]["state"] == "present"
    assert (document["latest"]["tag"], document["next"]["version"]) == ("v0.1.0", "0.2.0")
    next(stack.registry.iterdir()).unlink()
    assert stack.command("status", "--output=json").json["published"] == {"state": "absent"}


def test_status_without_a_release(tmp_path: Path) -> None:
    document = small(tmp_path).command("status", "--output=json").json
    assert (document["latest"], document["published"], document["next"]["decision"]) == (None, None, "publish")
