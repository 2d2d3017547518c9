"""A stack to play Stage 6 on: a clone with one chart and its values, the bare remote, and a registry directory."""

import atexit
import hashlib
import json
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.command import Ended, command
from tests.support.history import Drawn, create, dated, draw, git

PROJECT = Path(__file__).resolve().parent.parent.parent
SUBCHARTS = PROJECT / "tests" / "fixtures" / "charts"
# What a run needs to be told of a target (docs/configuration.md).
WHERE = "client_name: jetscale, env: prod, release: jetscale-stack"
LIVE = f"targets: {{live: {{{WHERE}, engine: render}}}}\n"
CONFIG = f"chart: {{registry: ../registry}}\n{LIVE}"
SMALL = {
    ".stage6.yaml": CONFIG,
    ".gitignore": "/rendered/\n",
    "README.md": "# The stack\n",
    "charts/app/Chart.yaml": "apiVersion: v2\nname: small\nversion: 0.0.0\n",
    "charts/app/values.yaml": "size: 1\n",
    "charts/app/values.schema.json": '{"properties": {"size": {"type": "integer"}}}\n',
    "charts/app/templates/config.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, namespace: {{ .Release.Namespace }}}\n"
        "data: {size: {{ .Values.size | quote }}, version: {{ .Chart.Version }}}\n"
    ),
    "envs/live/values.yaml": "global: {client_name: jetscale, env: prod}\nsize: 3\n",
}

Tracks = dict[str, tuple[int, int, bytes]]


@dataclass(frozen=True)
class Sample:
    """The clone ``stack``, the remote ``remote.git`` and the directory ``registry``, side by side.

    Args:
        directory: holds the three.
        helm: the helm that its runs find; None leaves it to the machine.
    """

    directory: Path
    helm: Path | None = None

    @property
    def repo(self) -> Drawn:
        """The clone."""
        return Drawn(self.directory / "stack")

    @property
    def registry(self) -> Path:
        """Where packages are published."""
        return self.directory / "registry"

    @property
    def remote(self) -> Path:
        """The bare repository that the clone pushes to."""
        return self.directory / "remote.git"

    @property
    def published(self) -> list[str]:
        """Names in the registry."""
        return sorted(path.name for path in self.registry.iterdir())

    @property
    def remote_tags(self) -> dict[str, str]:
        """Tags of the remote, each with its type and the commit it names."""
        lines = git(
            self.remote, "for-each-ref", "--format=%(refname:strip=2) %(objecttype) %(*objectname)", "refs/tags"
        )
        return dict(line.split(" ", 1) for line in lines.splitlines())

    def commit(self, message: str, files: dict[str, str | bytes | None]) -> str:
        """Write files (None deletes one), commit, push, and return the commit."""
        for path, content in files.items():
            if content is None:
                (self.repo.path / path).unlink()
            else:
                self.repo.write(path, content)
        self.repo.git("add", "--all")
        number = int(self.repo.git("rev-list", "--all", "--count"))
        self.repo.git("commit", "--quiet", "--allow-empty", "--message", message, env=dated(number))
        self.repo.git("push", "--quiet", "origin", "HEAD")
        return self.repo.head

    def edit(self, message: str, path: str, old: str, new: str) -> str:
        """Replace a text in a file, commit and push."""
        text = (self.repo.path / path).read_text()
        assert old in text, f"{path} lacks {old!r}"
        return self.commit(message, {path: text.replace(old, new)})

    def command(self, *arguments: str, env: dict[str, str] | None = None) -> Ended:
        """Run the command in the clone."""
        return command(*arguments, cwd=self.repo.path, env=env, helm=self.helm)

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> Ended:
        """``stage6`` with its JSON."""
        return self.command("stage6", "--output", "json", *arguments, env=env)

    def manifests(self, target: str = "live") -> str:
        """What is deployed on a target."""
        return (self.repo.path / "rendered" / target / "manifests.yaml").read_text()

    def record(self, target: str = "live") -> dict[str, Any]:
        """The record of what is deployed on a target."""
        record = json.loads((self.repo.path / "rendered" / target / "release.json").read_text())
        assert isinstance(record, dict)
        return record

    def tracks(self) -> Tracks:
        """Every file of the three directories, with what tells whether it was touched."""
        files = (path for path in sorted(self.directory.rglob("*")) if path.is_file() and not path.is_symlink())
        return {
            str(path.relative_to(self.directory)): (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes())
            for path in files
        }

    def copy(self, destination: Path, helm: Path | None = None) -> "Sample":
        """The same again, somewhere else."""
        shutil.copytree(self.directory, destination, symlinks=True, dirs_exist_ok=True)
        return Sample(destination, helm or self.helm)


def small(directory: Path, files: dict[str, str | bytes | None] | None = None, helm: Path | None = None) -> Sample:
    """A stack with one small chart and no subcharts; None leaves a file out."""
    return _build(directory, {**SMALL, **(files or {})}, helm)


def project(directory: Path, helm: Path | None = None) -> Sample:
    """The project's own stack, its subcharts mirrored in a directory."""
    mirrors = f"{{'oci://ghcr.io/jetscale-ai/charts': '{SUBCHARTS.as_uri()}'}}"
    config = f"chart:\n  registry: ../registry\n  mirrors: {mirrors}\n{LIVE}"
    files: dict[str, str | bytes | None] = {
        str(file.relative_to(PROJECT)): file.read_bytes()
        for folder in ("charts", "envs")
        for file in sorted((PROJECT / folder).rglob("*"))
        if file.is_file()
    }
    return _build(
        directory, {**files, ".stage6.yaml": config, ".gitignore": "/rendered/\n", "README.md": "# x\n"}, helm
    )


def _build(directory: Path, files: dict[str, str | bytes | None], helm: Path | None) -> Sample:
    """A copy of what was built of these files before."""
    name = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
    built = _built() / name
    if not built.exists():
        _build_anew(built, files)
    shutil.copytree(built, directory, symlinks=True, dirs_exist_ok=True)
    return Sample(directory, helm)


@cache
def _built() -> Path:
    """Holds each stack that was built once, until this process ends."""
    directory = tempfile.mkdtemp(prefix="stage6-samples-")
    atexit.register(shutil.rmtree, directory)
    return Path(directory)


def _build_anew(directory: Path, files: dict[str, str | bytes | None]) -> Sample:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "registry").mkdir()
    create(directory / "remote.git", "--bare")
    sample = Sample(directory)
    # A relative address, so that a copy has its own remote.
    draw(sample.repo.path).git("remote", "add", "origin", "../remote.git")
    sample.commit("feat: the stack", {path: content for path, content in files.items() if content is not None})
    return sample


def released(sample: Sample) -> Sample:
    """The same after its first run."""
    ended = sample.run()
    assert ended.status == 0, ended.stderr
    return sample


def step_results(ended: Ended) -> dict[str, str]:
    """What became of each step, a target's by ``step target``."""
    return {f"{step['name']} {step['target'] or ''}".strip(): step["result"] for step in ended.json["steps"]}


def step_states(ended: Ended) -> dict[str, str]:
    """Whether each step of a plan is needed."""
    return {f"{step['name']} {step['target'] or ''}".strip(): step["state"] for step in ended.json["steps"]}


def archive_files(archive: Path) -> dict[str, bytes]:
    """Files of a chart archive."""
    with tarfile.open(archive) as tar:
        return {member.name: content.read() for member in tar if (content := tar.extractfile(member))}
