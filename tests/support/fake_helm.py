"""A helm that changes a release on the stand-in for the API server, as helm does, and ends as a test wants it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jetscale_cicd.tools.helm import Helm, ReleaseLocation, RevisionNote
from jetscale_cicd.tools.process import Finished, Processes
from jetscale_cicd.tools.redact import Redactor
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.helm_secret import SECRETS, path_of, rolled_back, secret, unpacked

Object = dict[str, Any]
DONE = Finished("helm", 0, b"", "", "")


def failed(said: str) -> Finished:
    """How helm ends that fails."""
    return Finished("helm", 1, b"", f"Error: {said}\n", f"Error: {said}\n")


@dataclass
class Release:
    """A release on the stand-in, and the helm that changes it.

    Args:
        config: the values that an upgrade gives, as helm reads them from their files.
        upgrade_ends, rollback_ends, test_ends: how helm ends; a callable may raise, or do more.
        begins: whether an upgrade gets as far as a revision.
    """

    api: FakeKubernetes
    config: Object = field(default_factory=dict)
    upgrade_ends: Finished | Callable[[], Finished] = DONE
    rollback_ends: Finished | Callable[[], Finished] = DONE
    test_ends: Finished | Callable[[], Finished] = DONE
    begins: bool = True
    calls: list[tuple[str, int]] = field(default_factory=list)

    def add(self, number: int, made: Object) -> None:
        """Declare a revision."""
        self.api.put(path_of(number), made)

    def numbers(self) -> list[int]:
        """Of the revisions that are kept."""
        paths = (path for path, each in self.api.objects.items() if each and path.startswith(f"{SECRETS}/sh.helm"))
        return sorted(int(path.rpartition(".v")[2]) for path in paths)

    def content(self, number: int) -> Any:
        """What is kept of a revision."""
        return unpacked(self.kept(number))

    def kept(self, number: int) -> Object:
        """The Secret of a revision."""
        made = self.api.objects[path_of(number)]
        assert made
        return made

    def status(self, number: int) -> str:
        """How a revision ended; its label has to say the same."""
        status = self.content(number)["info"]["status"]
        assert self.kept(number)["metadata"]["labels"]["status"] == status
        return str(status)

    def begin(self, made: Callable[[int, str], Object], ends: Finished | Callable[[], Finished]) -> Finished:
        """A new revision that ends as it is to end; one that stays under way where helm is killed."""
        number = max(self.numbers(), default=0) + 1
        self.add(number, made(number, "pending"))
        ended = ends() if callable(ends) else ends
        self.add(number, made(number, "failed" if ended.status else "deployed"))
        return ended


class FakeHelm(Helm):
    """The calls of helm that change a release, and its tests."""

    def __init__(self, release: Release, binary: str = "helm", scratch: Path = Path("/nowhere")) -> None:
        super().__init__(Processes(Redactor.of(()), lambda _: None), scratch, network=False, binary=binary)
        object.__setattr__(self, "release", release)

    release: Release

    def upgrade(self, place: ReleaseLocation, chart: Path, values: Sequence[Path], note: RevisionNote) -> Finished:
        release = self.release
        release.calls.append(("upgrade", 0))
        if not release.begins:
            return release.upgrade_ends() if callable(release.upgrade_ends) else release.upgrade_ends

        config = merged(release.config, *(json.loads(file.read_text()) for file in values))

        def made(number: int, status: str) -> Object:
            kind = "pending-upgrade" if status == "pending" else status
            package = {"metadata": {"name": "shop", "version": config["global"]["stage6"].get("version", "0.1.0")}}
            new = secret(number, kind, config=config, chart=package, description=_said(note, kind))
            new["metadata"]["labels"] |= note.labels
            return new

        return release.begin(made, release.upgrade_ends)

    def rollback(self, place: ReleaseLocation, revision: int) -> Finished:
        release = self.release
        release.calls.append(("rollback", revision))

        def made(number: int, status: str) -> Object:
            kind = "pending-rollback" if status == "pending" else status
            return rolled_back(number, revision, release.kept(revision), kind)

        return release.begin(made, release.rollback_ends)

    def test(self, place: ReleaseLocation) -> Finished:
        release = self.release
        release.calls.append(("test", 0))
        return release.test_ends() if callable(release.test_ends) else release.test_ends

    def version(self) -> tuple[int, int, int]:
        return 4, 0, 0

    def _start(self, *arguments: str, timeout: float) -> Finished:
        raise AssertionError(f"unexpected: helm {arguments}")

    def _cluster(self, verb: str, arguments: Sequence[str], place: ReleaseLocation) -> Finished:
        raise AssertionError(f"unexpected: helm {verb} {arguments}")


def merged(config: Object, *layers: Object) -> Object:
    """Values as helm merges them: maps by their keys, and a later file overrides an earlier one."""
    for layer in layers:
        inner = {
            name: merged(config[name], each) if isinstance(each, dict) and isinstance(config.get(name), dict) else each
            for name, each in layer.items()
        }
        config = {**config, **inner}
    return config


def _said(note: RevisionNote, status: str) -> str:
    return {"deployed": note.description, "failed": 'Upgrade "app" failed: no'}.get(status, "Preparing upgrade")


def labels_of(made: Object) -> Mapping[str, str]:
    """Labels of a Secret."""
    labels: dict[str, str] = made["metadata"]["labels"]
    return labels
