"""Every commit of two public histories: what Stage 6 decides is what git itself says, read in another way.

The oracle is plain git and one `if` per rule: `git diff-tree --name-status` for the paths, `git check-ignore` for
`.helmignore` (its rules here are of the kind that git and helm read alike). The product reads trees, or `--raw` where
very many differ, matches globs and helm's rules, and knows nothing of it.
"""

import importlib.util
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from jetscale_cicd import local_request
from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.context import open_context
from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.decide.classify import ChartRules, TargetState, chart_reasons, decide, values_reasons
from jetscale_cicd.model.change import Comparison
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.decision import observe
from tests.conftest import rest_slow
from tests.support.command import command
from tests.support.history import Drawn, clone, git, opened

pytestmark = pytest.mark.quick(1)

# Rules that helm and git read alike: no `!`, no `**`, no slash but at the end.
HELMIGNORE = "*.md\n.gitignore\n.editorconfig\nlogin.html\nhack/\n"
_SHA = re.compile(rb"[0-9a-f]{40}")


@dataclass(frozen=True)
class History:
    """A recorded history as a repository, with what its own git says about each commit."""

    repo: Path
    chart: str
    values: str | None
    commits: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The product's settings for this history."""
        target = Target(
            name="live", values=(self.values,) if self.values else (), watch=(self.values or "nobody/lives/here",)
        )
        return Settings(chart=ChartSettings(path=self.chart, watch=(f"{self.chart}/**",)), targets=(target,))

    @property
    def config(self) -> str:
        """The same as a configuration file."""
        listed = f"[{self.values}]" if self.values else "[]"
        watch = self.values or "nobody/lives/here"
        return (
            f'chart:\n  path: {self.chart}\n  watch: ["{self.chart}/**"]\n'
            f'targets:\n  live:\n    values: {listed}\n    watch: ["{watch}"]\n'
        )

    def pairs(self) -> Iterator[tuple[str | None, str]]:
        """Each commit with its parent, None for the first one."""
        shas = list(self.commits)
        return zip([None, *shas[:-1]], shas, strict=True)

    def expected(self) -> dict[str, Decision]:
        """The oracle: what each commit means, by its paths alone."""
        ignored = self._ignored()
        there = False  # whether the chart has a .helmignore
        decisions = {}
        for sha, changes in self.commits.items():
            before = there
            for status, path in changes:
                there = status != "D" if path == f"{self.chart}/.helmignore" else there
            own = [path for _, path in changes if path.startswith(f"{self.chart}/")]
            if [path for path in own if not (before and there and path in ignored)]:
                decisions[sha] = Decision.PUBLISH
            elif self.values in [path for _, path in changes]:
                decisions[sha] = Decision.REDEPLOY
            else:
                decisions[sha] = Decision.NOTHING
        return decisions

    def _ignored(self) -> set[str]:
        """Paths of the chart that its .helmignore keeps out, as `git check-ignore` reads it."""
        prefix = f"{self.chart}/"
        inside = {
            path.removeprefix(prefix) for at in self.commits.values() for _, path in at if path.startswith(prefix)
        }
        empty = self.repo.parent / f"{self.repo.name}-empty"
        git(self.repo.parent, "init", "--quiet", str(empty))
        rules = empty / "rules"
        rules.write_text(HELMIGNORE)
        asked = subprocess.run(
            ["git", "-c", f"core.excludesFile={rules}", "check-ignore", "--no-index", "--stdin", "-z"],
            cwd=empty,
            input="\0".join(sorted(inside)).encode(),
            capture_output=True,
            check=False,
        )
        assert asked.returncode == 0, "no rule keeps any path out: the oracle would prove nothing"
        return {prefix + path for path in asked.stdout.decode().split("\0") if path}


def per_commit(repo: Path, *form: str) -> dict[str, list[bytes]]:
    """One `git diff-tree --stdin` over the whole history: each commit's fields against its parent, oldest first."""
    shas = subprocess.run(["git", "rev-list", "--reverse", "main"], cwd=repo, capture_output=True, check=True).stdout
    raw = subprocess.run(
        ["git", "diff-tree", "--stdin", "--always", "--root", "-r", "-z", "--no-renames", *form],
        cwd=repo,
        input=shas,
        capture_output=True,
        check=True,
    ).stdout
    fields: dict[str, list[bytes]] = {}
    current: list[bytes] = []
    for part in raw.split(b"\0"):
        if _SHA.fullmatch(part):
            current = fields.setdefault(part.decode(), [])
        elif part:
            current.append(part)
    assert len(fields) == shas.count(b"\n")
    return fields


def materialise(replay: Path, name: str, repo: Path) -> Path:
    """The recorded history as a bare repository, with rules that mean something in every .helmignore."""
    spec = importlib.util.spec_from_file_location("materialize", replay / "materialize.py")
    assert spec
    assert spec.loader
    recorded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recorded)
    plain = recorded.content

    def content(path: str, sha: str) -> bytes:
        if path.endswith("/.helmignore"):
            return f"# as of {sha}\n{HELMIGNORE}".encode()
        return cast("bytes", plain(path, sha))

    vars(recorded)["content"] = content
    git(repo.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(repo))
    stream = b"".join(recorded.stream(replay / f"{name}.jsonl.xz", None, False))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo, input=stream, check=True)
    return repo


@pytest.fixture(scope="module", params=rest_slow(["mybinder", "prometheus-charts"], "mybinder"))
def history(request: pytest.FixtureRequest, replay: Path, tmp_path_factory: pytest.TempPathFactory) -> History:
    """One recorded history."""
    name: str = request.param
    repo = materialise(replay, name, tmp_path_factory.mktemp("replay") / name)
    chart, values = {
        "mybinder": ("mybinder", "config/prod.yaml"),
        "prometheus-charts": ("charts/kube-prometheus-stack", None),
    }[name]
    commits = {
        sha: [(status.decode(), path.decode()) for status, path in zip(parts[::2], parts[1::2], strict=True)]
        for sha, parts in per_commit(repo, "--name-status").items()
    }
    return History(repo, chart, values, commits)


def test_every_commit_is_decided_as_its_paths_say(history: History) -> None:
    settings = history.settings
    (target,) = settings.targets
    watch = (*settings.chart.watched, *target.watched)
    rules = ChartRules(path=history.chart, watch=settings.chart.watched)
    ignore = (HelmIgnore.parse(HELMIGNORE),)
    repository = opened(Drawn(history.repo), network=False)
    decided, counted, there = {}, {}, False
    for base, head in history.pairs():
        seen = repository.changes(Comparison(base, head, "replay"), watch)
        before = there
        for change in seen.watched:
            there = change.status != "D" if change.path == f"{history.chart}/.helmignore".encode() else there
        own = replace(rules, ignored=ignore) if before and there else rules
        decided[head] = decide(
            target,
            chart_reasons(seen.watched, own),
            values_reasons(seen.watched, target),
            seen.comparison,
            TargetState(live=NotObserved("a replay"), latest=None),
        ).decision
        counted[head] = seen.count
    expected = history.expected()
    assert len(expected) > 3000
    assert set(expected.values()) >= {Decision.PUBLISH, Decision.NOTHING}
    assert decided == expected
    assert counted == {sha: len(changes) for sha, changes in history.commits.items()}


def sample(history: History, every: int) -> list[tuple[str, str, Decision]]:
    """Every n-th commit of each decision (at least three), those that a `.helmignore` decides apart from the others."""
    expected = history.expected()
    groups: dict[object, list[tuple[str, str, Decision]]] = {}
    for base, head in history.pairs():
        touches = any(path.startswith(f"{history.chart}/") for _, path in history.commits[head])
        if base:
            groups.setdefault((expected[head], touches), []).append((base, head, expected[head]))
    return [pair for group in groups.values() for pair in group[:: min(every, max(1, len(group) // 3))]]


def test_a_sample_is_decided_the_same_by_all_that_a_run_observes(history: History, tmp_path: Path) -> None:
    config = tmp_path / "stage6.yaml"
    config.write_text(history.config)
    pairs = sample(history, 35)
    decided, expected = {}, {}
    for base, head, decision in pairs:
        request = local_request(history.repo, since="event", base=base, head=head)
        with open_context(replace(request, config=config, network=False), lambda _: None) as context:
            (target,) = observe(context).targets
        decided[head], expected[head] = target.decision, decision
    assert len(pairs) > 80
    assert decided == expected


def test_a_few_are_decided_the_same_from_the_command_line(history: History, tmp_path: Path) -> None:
    config = tmp_path / "stage6.yaml"
    config.write_text(history.config)
    pairs = sample(history, 1000)
    assert 6 <= len(pairs) <= 20
    assert {decision for *_, decision in pairs} >= {Decision.PUBLISH, Decision.NOTHING}
    for base, head, decision in pairs:
        ended = command(
            *("plan", "--since", "event", "--base", base, "--head", head, "--output", "json"),
            *("--config", str(config), "--repo", str(history.repo)),
            cwd=tmp_path,
        )
        assert ended.status == 0, ended.stderr
        document = ended.json
        assert document["decision"] == decision
        assert document["changes"] == document["changes"] | {
            "base": base,
            "head": head,
            "certain": True,
            "count": len(history.commits[head]),
        }
        reasons = {reason["path"] for target in document["targets"] for reason in target["reasons"]}
        assert reasons - {None} <= {path for _, path in history.commits[head]}


@pytest.mark.slow
def test_guarded_by_its_release_branch_a_history_is_decided_the_same(history: History, tmp_path: Path) -> None:
    """Each of 60 commits as a run has it: a remote, the release that its parent is, and a target that nobody sees."""
    config = tmp_path / "stage6.yaml"
    config.write_text(history.config)
    work = clone(history.repo, tmp_path / "work", "--shared", "--no-checkout")
    pairs = sample(history, 45)[:60]
    decided, expected, refused = {}, {}, []
    for base, head, decision in pairs:
        git(history.repo, "update-ref", "refs/tags/v0.1.0", base)
        work.git("update-ref", "refs/tags/v0.1.0", base)
        request = replace(local_request(work.path, head=head), config=config, acts=False)
        with open_context(request, lambda _: None) as context:
            observed = observe(context)
        decided[head], expected[head] = observed.targets[0].decision, decision
        refused += [observed.refusal] if observed.refusal else []
    git(history.repo, "update-ref", "-d", "refs/tags/v0.1.0")
    assert (decided, refused, len(pairs)) == (expected, [], 60)
