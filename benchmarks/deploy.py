"""A full run on a real API server (publish, deploy, verify) and a redeploy, beside the git and helm that they start.

The pods are a stub kubelet's. Ready at once, they let helm wait as little as it can (two seconds, its interval); ready
after five seconds, as long as a small image takes to be pulled and started. What is ours is the same in both.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.measure import Row, milliseconds, process
from benchmarks.publish import children_of, helm_binary
from benchmarks.repositories import Commit, make

ROUNDS = 3
SECONDS = 5
WAITS = f"pods ready after {SECONDS} s"
BUDGET = 1.15
NAMESPACE = "bench-live"
CONFIG = """\
targets:
  live:
    {client_name: bench, env: live, release: app, values: [envs/live/a.yaml, envs/live/b.yaml]}
"""
WORKLOAD = b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {size: "{{ .Values.size }}-{{ .Values.build }}"}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: main, image: "{{ .Values.image }}"}]}
"""


@dataclass(frozen=True)
class Bench:
    """A clone, its registry, and a cluster."""

    clone: Path
    registry: str
    kubeconfig: Path
    scratch: Path
    turns: Iterator[int]

    def run(self, path: str, image: str) -> tuple[float, float, tuple[int, int, int]]:
        """Change a file, run, and give seconds of the whole, of its git and helm, and how many processes there were."""
        number = next(self.turns)
        key = "build" if path.startswith("charts/") else "size"
        (self.clone / path).write_text(f"{key}: {number}\n")
        (self.clone / "envs/live/b.yaml").write_text(f"image: {image}\n")
        identity = ("-c", "user.name=Dev", "-c", "user.email=dev@example.invalid")
        process("git", *identity, "commit", "--quiet", "--all", "--message", "fix: size", cwd=self.clone)
        process("git", "push", "--quiet", "origin", "main", cwd=self.clone)
        env = {"KUBECONFIG": str(self.kubeconfig)}
        return children_of(self.clone, self.registry, self.scratch, env)


def rows(scratch: Path) -> list[Row]:
    """Measure both, in turns."""
    with ExitStack() as held:
        made = held.enter_context(_bench(scratch))
        if isinstance(made, str):
            return [Row("a full run on a cluster", made)]
        made.run("charts/app/values.yaml", "registry.invalid/web")  # the first install
        seen: dict[tuple[str, str], list[tuple[float, float, tuple[int, int, int]]]] = {}
        for _ in range(ROUNDS):
            for what, path in (("publish and deploy", "charts/app/values.yaml"), ("redeploy", "envs/live/a.yaml")):
                for when, image in (("", "registry.invalid/web"), (WAITS, f"faults.invalid/slow:{SECONDS}")):
                    seen.setdefault((what, when), []).append(made.run(path, image))
    return [row for (what, when), runs in seen.items() for row in _rows(what, when, min(runs))]


def _rows(what: str, when: str, run: tuple[float, float, tuple[int, int, int]]) -> list[Row]:
    whole, inside, (git, helm, kubectl) = run
    ratio = whole / inside
    if not when:
        return [Row(f"{what} on a cluster, pods ready at once, over its git and helm", f"{ratio:.2f} x")]
    return [
        Row(
            f"{what} on a cluster, {when}, over its git and helm",
            f"{ratio:.2f} x",
            f"≤ {BUDGET} x",
            ratio <= BUDGET,
        ),
        Row("  whole process, its git and helm", f"{milliseconds(whole)}, {milliseconds(inside)}"),
        Row("  processes started", f"{git} git, {helm} helm, {kubectl} kubectl"),
    ]


@contextmanager
def _bench(scratch: Path) -> Iterator[Bench | str]:
    from tests.support.control_plane import ASSETS, PROGRAMS, control_plane
    from tests.support.kubelet import node
    from tests.support.oci import serve

    beside = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    if not all((ASSETS / program).is_file() for program in PROGRAMS):
        yield "no API server here: make kube-assets"
    elif shutil.which("docker-registry", path=beside) is None:
        yield "no docker-registry here: make registry"
    elif not helm_binary():
        yield "no helm here: make tools"
    else:
        directory = scratch / "deploy"
        directory.mkdir()
        with (
            serve(directory / "oci") as host,
            control_plane(directory / "plane", ASSETS) as cluster,
            node(cluster, directory),
        ):
            cluster.namespace(NAMESPACE)
            drawn = make(directory / "drawn", iter([Commit(b"feat: start", _start(), b"v0.1.0")]))
            process("git", "clone", "--quiet", "--bare", str(drawn), "remote.git", cwd=directory)
            process("git", "clone", "--quiet", "remote.git", "clone", cwd=directory)
            yield Bench(directory / "clone", f"oci://{host}/charts", cluster.kubeconfig, directory, count(1))


def _start() -> list[tuple[bytes, bytes]]:
    chart = [(b"charts/app/Chart.yaml", b"apiVersion: v2\nname: app\nversion: 0.0.0\n")]
    values = [(b"charts/app/values.yaml", b"build: 0\n"), (b"envs/live/a.yaml", b"size: 0\n")]
    values += [(b"envs/live/b.yaml", b"image: registry.invalid/web\n")]
    return [*chart, *values, (b"charts/app/templates/a.yaml", WORKLOAD), (b".stage6.yaml", CONFIG.encode())]
