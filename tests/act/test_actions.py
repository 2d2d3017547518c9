"""Publishing under a reservation: whose version it is, and what is left at the remote when another run was faster."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jetscale_cicd.act import actions
from jetscale_cicd.act.actions import SHARED
from jetscale_cicd.act.context import ActContext
from jetscale_cicd.errors import PublishError, Stage6Error, SupersededError
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.release import Absent, Artifact, CannotTell, Present, RegistryAnswer, Release
from jetscale_cicd.model.step import StepName
from jetscale_cicd.model.version import Version
from tests.support.history import Drawn, bare, clone, draw, git, opened

RESERVED = "refs/stage6/reserved/v0.2.0"
VERSION = Version(0, 2, 0)


@dataclass
class Registry:
    """Answers a push, and remembers which reservation the remote held meanwhile."""

    origin: Path
    answer: RegistryAnswer
    creates_atomically: bool = False
    seen: list[str] = field(default_factory=list)

    def reference(self, chart: str, version: str) -> str:
        return f"oci://registry.invalid/{chart}:{version}"

    def create(self, chart: str, version: str, archive: Path) -> RegistryAnswer:
        self.seen.append(reserved(self.origin))
        return self.answer


class Signer:
    """Signs nothing, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails

    def write_provenance(self, artifact: Artifact) -> None:
        if self.fails:
            raise PublishError("SIGNING_FAILED", "no key")


def reserved(origin: Path) -> str:
    """The commit that the version is reserved for, "" where it is not."""
    return git(origin, "for-each-ref", "--format=%(objectname)", RESERVED)


@pytest.fixture
def local(tmp_path: Path) -> Drawn:
    work = draw(tmp_path / "work", "feat: a [x]", "feat: b [x]")
    return clone(bare(work, tmp_path / "origin.git"), tmp_path / "clone")


def origin(local: Drawn) -> Path:
    return local.path.parent / "origin.git"


def publish(
    local: Drawn,
    answer: RegistryAnswer,
    *,
    atomic: bool = False,
    decision: Decision = Decision.PUBLISH,
    signer: Signer | None = None,
) -> Registry:
    registry = Registry(origin(local), answer, atomic)
    artifact = Artifact(
        chart="small", version=VERSION, commit=local.head, digest="sha256:ours", content="sha256:c", path="/nowhere"
    )
    release = Release(VERSION, "v0.2.0", local.head)
    acting: Any = SimpleNamespace(
        context=SimpleNamespace(repository=opened(local), registry=registry),
        artifact=lambda: artifact,
        plan=SimpleNamespace(decision=decision, head=local.head),
        release=release,
        reservation=release,
        is_published_as=lambda answer: answer == Present("sha256:packed-again"),
    )
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(actions, "signer_of", lambda _: signer or Signer())
            SHARED[StepName.PUBLISH](cast("ActContext", acting))
    except Stage6Error as failed:
        failed.details = (*failed.details, *registry.seen)
        raise
    return registry


def test_a_version_is_reserved_while_it_is_pushed_and_until_its_tag(local: Drawn) -> None:
    assert publish(local, Present("sha256:ours")).seen == [local.head]
    assert reserved(origin(local)) == local.head


def test_another_archive_of_the_same_content_is_the_version(local: Drawn) -> None:
    assert publish(local, Present("sha256:packed-again")).seen == [local.head]
    assert reserved(origin(local)) == local.head


def test_a_reservation_of_a_version_that_another_run_published_is_given_back(local: Drawn) -> None:
    with pytest.raises(SupersededError) as taken:
        publish(local, Present("sha256:theirs"))
    assert (taken.value.code, taken.value.details[-1:]) == ("VERSION_TAKEN", (local.head,))
    assert reserved(origin(local)) == ""


def test_a_reservation_of_another_run_is_not_given_back(local: Drawn) -> None:
    other = local.git("rev-parse", "HEAD~1")
    git(origin(local), "update-ref", RESERVED, other)
    with pytest.raises(SupersededError) as taken:
        publish(local, Present("sha256:ours"))
    assert taken.value.code == "VERSION_RESERVED"
    assert reserved(origin(local)) == other


@pytest.mark.parametrize("answer", [Absent(), CannotTell("no answer")])
def test_a_push_that_nobody_confirms_keeps_its_reservation(local: Drawn, answer: RegistryAnswer) -> None:
    with pytest.raises(PublishError) as failed:
        publish(local, answer)
    assert failed.value.code == "PUSH_UNCONFIRMED"
    assert reserved(origin(local)) == local.head


def test_a_registry_that_lets_only_one_run_create_a_version_needs_no_reservation(local: Drawn) -> None:
    assert publish(local, Present("sha256:ours"), atomic=True).seen == [""]
    with pytest.raises(SupersededError):
        publish(local, Present("sha256:theirs"), atomic=True)


def test_a_package_that_cannot_be_signed_reserves_nothing(local: Drawn) -> None:
    with pytest.raises(PublishError):
        publish(local, Present("sha256:ours"), signer=Signer(fails=True))
    assert reserved(origin(local)) == ""


def test_what_has_its_tag_is_published_again_without_a_reservation(local: Drawn) -> None:
    assert publish(local, Present("sha256:ours"), decision=Decision.REDEPLOY).seen == [""]
