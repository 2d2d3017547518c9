"""`make tools`: what it installs, where it takes helm 3 from, and what it downloads for that."""

import hashlib
import io
import os
import platform
import shutil
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import install_tools
from tests.conftest import rest_slow

pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="the wheels are for Linux on x86_64"
)
# Answers what build_helm3.sh asks; what it builds is a helm that gives its version.
GO = """#!/bin/sh
echo "$1" >> '{log}'
case "$1 $*" in
    list*client-go) echo v0.37.0;;
    list*) echo {version};;
    env*) echo go1.99 linux amd64;;
    build*) while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\\necho {built}\\n' > "$2"; chmod 755 "$2";;
esac
"""


def program(version: str) -> bytes:
    return f"#!/bin/sh\necho v{version}\n".encode()


@dataclass(frozen=True)
class Place:
    """An environment to install into, wheels to install from, and a directory that is all of PATH."""

    directory: Path

    @property
    def installed(self) -> dict[str, str]:
        """What is in the environment, with the version that it gives."""
        return {file.name: install_tools.version_of(file) for file in (self.directory / "bin").iterdir()}

    @property
    def asked_go(self) -> list[str]:
        """The commands of go that were started."""
        log = self.directory / "go.log"
        return log.read_text().split() if log.exists() else []

    def go(self, version: str = "v3.99.0", built: str = "v3.99.0") -> None:
        """Put a go on PATH."""
        go = self.directory / "path" / "go"
        go.write_text(GO.format(log=self.directory / "go.log", version=version, built=built))
        go.chmod(0o755)

    def wheel(self, name: str, members: dict[str, bytes], *, missing: bool = False) -> None:
        """Make the wheel of a layer, and pin it in ``name``.txt; one that is missing cannot be downloaded."""
        layer, package, wheel = io.BytesIO(), io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(layer, "w") as files:
            for member, content in members.items():
                files.writestr(member, content)
        with tarfile.open(fileobj=package, mode="w:gz") as archive:
            header = tarfile.TarInfo("package/lib/layer.zip")
            header.size = len(layer.getvalue())
            archive.addfile(header, io.BytesIO(layer.getvalue()))
        with zipfile.ZipFile(wheel, "w") as files:
            files.writestr(f"{name}/_jsii/{name}.jsii.tgz", package.getvalue())
            files.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            files.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            files.writestr(f"{name}-1.0.dist-info/RECORD", "")
        digest = hashlib.sha256(wheel.getvalue()).hexdigest()
        (self.directory / "pins" / f"{name}.txt").write_text(f"{name}==1.0 --hash=sha256:{digest}\n")
        if not missing:
            (self.directory / "wheels" / f"{name}-1.0-py3-none-any.whl").write_bytes(wheel.getvalue())

    def pin(self, **tools: tuple[str, str, str]) -> None:
        """Write tools.toml: version, wheel and digest of each."""
        member = {"kubectl": "kubectl/kubectl"}
        rows = (
            f'[{name}]\nversion = "{version}"\nwheel = "{wheel}.txt"\nsha256 = "{digest}"\n'
            f'member = "{member.get(name, "helm/helm")}"\n'
            for name, (version, wheel, digest) in tools.items()
        )
        (self.directory / "pins" / "tools.toml").write_text("".join(rows))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """For development: helm 4.9.9 in one wheel, helm 3.1.1 in another, and 3.99.0 as a Go module."""
    place = Place(tmp_path)
    for name in ("bin", "pins", "wheels", "path"):
        (tmp_path / name).mkdir()
    for name in ("bash", "cat", "chmod", "cut", "dirname", "env", "flock", "mkdir", "mktemp", "mv", "rm", "sha256sum"):
        found = shutil.which(name)
        assert found
        (tmp_path / "path" / name).symlink_to(found)
    (tmp_path / "pins" / "go.mod").write_text("module x\n\ngo 1.98.0\n\nrequire (\n\thelm.sh/helm/v3 v3.99.0\n)\n")
    (tmp_path / "dev").touch()
    for name, value in (("BIN", "bin"), ("PINS", "pins"), ("CACHE", "cache"), ("DEVELOPMENT", "dev")):
        monkeypatch.setattr(install_tools, name, tmp_path / value)
    monkeypatch.setattr(install_tools, "GO_PINS", tmp_path / "pins" / "go.mod")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    newest, kubectl, old = program("4.9.9"), program("1.9.9"), program("3.1.1")
    place.wheel("newest", {"helm/helm": newest, "kubectl/kubectl": kubectl})
    place.wheel("old", {"helm/helm": old})
    place.pin(
        helm=("4.9.9", "newest", sha256(newest)),
        kubectl=("1.9.9", "newest", sha256(kubectl)),
        helm3=("3.1.1", "old", sha256(old)),
    )
    return place


def test_helm_is_the_newest_and_helm3_is_built(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.go()
    place.wheel("old", {"helm/helm": program("3.1.1")}, missing=True)
    (place.directory / "wheels" / "old-1.0-py3-none-any.whl").unlink()  # so that nobody can download it
    assert install_tools.main() is None
    assert place.installed == {"helm": "v4.9.9", "helm3": "v3.99.0", "helm4": "v4.9.9", "kubectl": "v1.9.9"}
    assert "has known holes" not in capsys.readouterr().out
    assert install_tools.main() is None
    assert place.asked_go.count("build") == 1


def test_a_second_clone_does_not_build_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.go()
    assert install_tools.main() is None
    (place.directory / "second").mkdir()
    monkeypatch.setattr(install_tools, "BIN", place.directory / "second")
    assert install_tools.main() is None
    assert install_tools.version_of(place.directory / "second" / "helm3") == "v3.99.0"
    assert place.asked_go.count("build") == 1
    (built,) = (file for file in (place.directory / "cache").iterdir() if not file.name.startswith("."))
    assert built.name.startswith("helm-v3.99.0-")


def test_without_go_helm3_is_the_one_of_the_wheel_and_that_is_said(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install_tools.main() is None
    assert place.installed["helm3"] == "v3.1.1"
    assert "helm3 3.1.1 has known holes and is for the tests alone. There is no go on PATH: " in (
        said := capsys.readouterr().out
    )
    assert "for helm 3.99.0, install Go 1.98 or newer" in said
    place.go()
    assert install_tools.main() is None
    assert place.installed["helm3"] == "v3.99.0"


@pytest.mark.parametrize("built", rest_slow(["v3.98.0", "nothing of a version"], "v3.98.0"))
def test_a_go_that_builds_another_version_is_no_go(
    place: Place, capsys: pytest.CaptureFixture[str], built: str
) -> None:
    place.go(built=built)
    assert install_tools.main() is None
    assert place.installed["helm3"] == "v3.1.1"
    assert "This go could not build it" in capsys.readouterr().out


def test_a_program_with_another_digest_is_not_installed(place: Place) -> None:
    pins = place.directory / "pins" / "tools.toml"
    pins.write_text(pins.read_text().replace(sha256(program("4.9.9")), sha256(b"another")))
    place.go()
    failed = install_tools.main()
    assert failed
    assert "helm has sha256" in failed
    assert set(place.installed) <= {"helm3", "kubectl"}


def test_a_wheel_with_another_digest_is_not_unpacked(place: Place) -> None:
    pins = place.directory / "pins" / "newest.txt"
    pins.write_text(f"newest==1.0 --hash=sha256:{sha256(b'another')}\n")
    place.go()
    assert install_tools.main()
    assert set(place.installed) == {"helm3"}


def test_who_only_uses_it_gets_helm_and_kubectl_and_builds_nothing(place: Place) -> None:
    place.go()
    (place.directory / "dev").unlink()
    assert install_tools.main() is None
    assert (set(place.installed), place.asked_go) == ({"helm", "kubectl"}, [])


def test_a_helm_on_path_is_left_as_it_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.go()
    shutil.copy(place.directory / "path" / "go", place.directory / "path" / "helm")
    assert install_tools.main() is None
    assert set(place.installed) == {"helm3", "helm4", "kubectl"}


def test_a_relative_part_of_path_has_no_helm(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.go()
    monkeypatch.chdir(place.directory)
    (place.directory / "helm").write_bytes(program("9.9.9"))
    (place.directory / "helm").chmod(0o755)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    assert install_tools.main() is None
    assert "helm" in place.installed


def test_the_pins_of_this_repository_are_whole() -> None:
    assert install_tools.pinned("helm.sh/helm/v3").startswith("3.")
    assert install_tools.pinned("go").startswith("1.")
    go_sum = (install_tools.GO_PINS.parent / "go.sum").read_text()
    assert f"helm.sh/helm/v3 v{install_tools.pinned('helm.sh/helm/v3')} h1:" in go_sum
