"""A wrong or missing base never becomes nothing."""

from dataclasses import replace

import pytest

import jetscale_cicd
from jetscale_cicd import Decision, Plan, Stage6Error
from jetscale_cicd.observe.ci.detect import read_event
from tests.story.edges import DOCS, FIX, GONE, RELEASE, ZERO, plan, refusal
from tests.support.history import Drawn, bare, clone, draw

WRONG = {
    "absent": GONE,
    "garbage": "no-such-thing",
    "zero": ZERO,
    "thrown away": "",  # by the remote; see changed_chart
    "blob": "blob",
    "tree": "HEAD^{tree}",
    "before the first commit": "root~1",
}


WAYS = ("event", "event in auto", "base", "base in auto", "revision", "simulated")


@pytest.fixture(scope="module", params=[True, False], ids=["released", "unreleased"])
def changed_chart(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Drawn, str]:
    """A clone in which the chart has changed, with and without a release before; and a commit that was thrown away."""
    tmp_path = tmp_path_factory.mktemp("changed")
    repo = draw(tmp_path / "repo", RELEASE[0], *(("tag v0.1.0",) if request.param else ()), FIX, DOCS)
    repo.git("tag", "root", "HEAD~2")
    repo.git("tag", "blob", "HEAD:README.md")
    local = clone(bare(repo, tmp_path / "origin.git"), tmp_path / "clone")
    return local, repo.commit("docs: thrown away")


def ask(repo: Drawn, base: str, way: str) -> Plan | Stage6Error:
    """What becomes of a base that is given in one of the ways."""
    since = "event" if way in ("event", "base", "simulated") else "auto"
    # A directory, which is empty: a registry that does not answer would be a refusal for another reason.
    request = replace(jetscale_cicd.local_request(repo.path, since=since), registry="..")
    if way.startswith("event"):
        env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}
        payload = {"before": base, "after": repo.head, "ref": "refs/heads/main"}
        request = replace(request, event=read_event(env | {"GITHUB_SHA": repo.head}, payload))
    elif way == "revision":
        request = replace(request, since=base)
    else:
        request = replace(request, base=base, from_merge_base=way == "simulated", network=way != "simulated")
    try:
        return jetscale_cicd.plan(request)
    except Stage6Error as refused:
        return refused


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_base_never_becomes_nothing(changed_chart: tuple[Drawn, str], wrong: str, way: str) -> None:
    repo, lost = changed_chart
    by_name = not way.startswith("event")  # an event names objects, not tags
    base = WRONG[wrong] or lost if by_name or wrong != "blob" else repo.git("rev-parse", "blob")
    found = ask(repo, base, way)
    if isinstance(found, Stage6Error):
        assert found.exit_status in (2, 8)
        assert found.hint
        return
    assert found.decision is Decision.PUBLISH
    if found.latest is None:  # then everything is new, and no base is needed
        assert found.changes.comparison.base is None
        return
    assert not by_name, "a base that somebody named is never replaced by another"
    compared = found.targets[0].compared
    assert (compared.base, compared.certain) == (found.latest.commit, False)
    assert "because" in compared.how


@pytest.mark.parametrize("base", ["absent", "zero"])
def test_the_command_says_which_base_is_wrong(changed_chart: tuple[Drawn, str], base: str) -> None:
    ended = plan(changed_chart[0], "--since=event", f"--base={WRONG[base]}")
    assert refusal(ended) == (8, "NO_SUCH_REVISION")
    assert WRONG[base] in ended.json["error"]["message"]
