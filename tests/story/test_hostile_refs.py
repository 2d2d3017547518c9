"""Refs of people who may push some branch or tag, and release nothing: they neither stop a release nor become one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import command
from tests.support.history import clone, git
from tests.support.oci import serve
from tests.support.sample import CONFIG, Sample, released, small

pytestmark = pytest.mark.quick(4)

CHART = "charts/app/values.yaml"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("oci")) as host:
        yield host


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A stack whose 0.1.0 is released, with a fix of the chart on top that is pushed to main."""
    sample = released(small(tmp_path_factory.mktemp("first")))
    sample.edit("fix: more room", CHART, "1", "2")
    return sample


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    return first.copy(tmp_path)


def on_top(stack: Sample, *, of: str = "HEAD") -> str:
    """A commit on top that is on no branch."""
    return stack.repo.git("commit-tree", f"{of}^{{tree}}", "-p", of, "-m", "empty")


def push(stack: Sample, *refspecs: str) -> None:
    stack.repo.git("push", "--quiet", "origin", *refspecs)


def reservations(stack: Sample) -> list[str]:
    lines = git(stack.remote, "for-each-ref", "--format=%(refname)", "refs/stage6/").splitlines()
    return [line.removeprefix("refs/stage6/reserved/") for line in lines]


@pytest.mark.parametrize(
    "refs",
    [
        ("refs/heads/any/HEAD", "refs/stage6/reserved/v9.9.9"),
        ("refs/heads/refs/heads/main", "refs/stage6/reserved/v9.9.9"),
        ("refs/heads/x/refs/tags/v9.9.9", "refs/heads/x/refs/stage6/reserved/v9.9.9"),
        ("refs/heads/topic", "refs/stage6/reserved/v0.1.1"),
        ("refs/tags/v9.9.9",),
        ("refs/tags/v9.9.9", "refs/heads/topic"),
        ("refs/tags/v9.9.9", "refs/heads/x/HEAD", "refs/notes/HEAD"),
    ],
)
def test_what_is_on_no_released_branch_stops_no_release(stack: Sample, refs: tuple[str, ...]) -> None:
    made = on_top(stack)
    push(stack, *(f"{made}:{ref}" for ref in refs))
    ended = stack.run()
    # A version that is reserved for another commit is passed over, because two runs must not push one version.
    version = "0.1.2" if "refs/stage6/reserved/v0.1.1" in refs else "0.1.1"
    assert (ended.status, ended.json["decision"], ended.json["version"]) == (0, "publish", version), ended.stderr


def test_a_tag_that_is_no_release_is_named_with_who_made_it(stack: Sample) -> None:
    made = on_top(stack)
    stack.repo.git("tag", "--annotate", "v9.9.9", made, "--message", "mine", env={"GIT_COMMITTER_NAME": "Mallory"})
    push(stack, "v9.9.9")
    (note,) = [note for note in stack.command("plan", "--output=json").json["notes"] if "v9.9.9" in note]
    assert made[:12] in note
    assert "Mallory" in note


def test_a_tag_of_a_later_commit_of_the_released_branch_supersedes_and_names_who_made_it(stack: Sample) -> None:
    older = stack.repo.head
    stack.edit("fix: again", CHART, "2", "4")
    stack.repo.git("tag", "--annotate", "v0.2.0", "--message", "by hand", env={"GIT_COMMITTER_NAME": "Bob"})
    push(stack, "v0.2.0")
    ended = stack.run(f"--head={older}")
    (target,) = ended.json["targets"]
    assert (ended.status, target["decision"]) == (0, "nothing")
    assert any("v0.2.0" in reason["why"] and "Bob" in reason["why"] for reason in target["ignored"])


@pytest.mark.parametrize("ref", ["refs/tags/v0.1.1/docs", "refs/stage6/reserved/v0.1.1/x", "refs/stage6/reserved"])
def test_a_ref_in_the_way_of_tag_or_reservation_is_named_before_the_package_is_pushed(
    stack: Sample, host: str, ref: str
) -> None:
    push(stack, f"HEAD:{ref}")
    before = git(stack.remote, "for-each-ref")
    ended = stack.run(f"--registry=oci://{host}/{ref.replace('/', '-')}")
    error = ended.json["error"]
    assert (ended.status, error["code"], error["where"]) == (3, "TAG_IN_THE_WAY", ref)
    assert git(stack.remote, "for-each-ref") == before


def test_a_ref_whose_name_a_shell_would_obey_is_quoted_in_the_command_to_remove_it(stack: Sample) -> None:
    push(stack, "HEAD:refs/tags/v0.1.1/$(id)")
    assert "':refs/tags/v0.1.1/$(id)'" in stack.run().json["error"]["hint"]


def test_many_reservations_cost_few_questions_and_are_removed_by_the_run_that_releases(
    stack: Sample, host: str
) -> None:
    reserved = [f"v0.1.{number}" for number in range(1, 61)]
    push(stack, *(f"HEAD~1:refs/stage6/reserved/{tag}" for tag in reserved))
    stray = on_top(stack)
    push(stack, f"{stray}:refs/stage6/reserved/v7.0.0", f"{stray}:refs/stage6/reserved/other")
    ended = stack.run(f"--registry=oci://{host}/reserved")
    assert (ended.status, ended.json["version"]) == (0, "0.1.61"), ended.stderr
    assert reservations(stack) == ["other", "v7.0.0"]
    assert "60 reservations" in ended.stdout


def test_reservations_of_strangers_hide_none_of_a_run_and_nothing_is_fetched_for_them(stack: Sample) -> None:
    older = stack.repo.head
    later = stack.edit("docs: later", "README.md", "stack", "stacks")
    strays = [stack.repo.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", f"{number}") for number in range(30)]
    push(stack, *(f"{stray}:refs/stage6/reserved/v0.1.{number}" for number, stray in enumerate(strays, 1)))
    push(stack, f"{later}:refs/stage6/reserved/v0.1.40")
    here = clone(stack.remote, stack.directory / "here")
    here.git("checkout", "--quiet", older)
    ended = command("plan", "--output=json", "--registry=../registry", cwd=here.path)
    (target,) = ended.json["targets"]
    assert (target["decision"], any(later[:12] in reason["why"] for reason in target["ignored"])) == ("nothing", True)
    asked = here.git("cat-file", "--batch-check", stdin="".join(f"{name}\n" for name in strays).encode())
    assert all(line.endswith(" missing") for line in asked.splitlines())


def test_the_reservation_of_a_run_under_way_is_left_alone(stack: Sample, host: str) -> None:
    older = stack.repo.head
    later = stack.edit("docs: later", "README.md", "stack", "stacks")
    push(stack, f"{later}:refs/stage6/reserved/v0.3.0")
    ended = stack.run(f"--registry=oci://{host}/under-way", f"--head={older}")
    (target,) = ended.json["targets"]
    assert (ended.status, target["decision"], reservations(stack)) == (0, "nothing", ["v0.3.0"])
    assert any(later[:12] in reason["why"] for reason in target["ignored"])


@pytest.mark.slow
def test_versions_in_the_registry_without_an_end_stop_the_run(stack: Sample) -> None:
    for number in range(1, 53):
        (stack.registry / f"small-0.1.{number}.tgz").write_bytes(b"by somebody else")
    before = stack.tracks()
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"], stack.tracks()) == (3, "VERSIONS_TAKEN", before)


def test_what_a_branch_deployed_that_only_itself_releases_is_named_until_the_next_version_replaces_it(
    stack: Sample,
) -> None:
    """Whose branch names itself in its own configuration is released: its workflow could be changed as well."""
    stack.repo.git("checkout", "--quiet", "-b", "topic")
    stack.commit("fix: mine", {".stage6.yaml": f"{CONFIG}release: {{branches: [topic]}}\n", CHART: "size: 5\n"})
    assert stack.run().json["version"] == "0.1.1"
    aside = stack.repo.head
    stack.repo.git("checkout", "--quiet", "main")
    ended = stack.run()
    assert (ended.status, ended.json["decision"]) == (0, "nothing")
    assert [note for note in ended.json["notes"] if aside[:12] in note and "no branch that is released" in note]
    stack.commit("fix: more", {CHART: "size: 6\n"})
    ended = stack.run()
    assert (ended.json["decision"], stack.record()["version"]) == ("publish", ended.json["version"])
    assert not [note for note in ended.json["notes"] if aside[:12] in note]
