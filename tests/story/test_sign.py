"""Signatures: Helm's own provenance file, read by helm itself, and a command that gets the package by its digest."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.support.command import Ended, command_environment
from tests.support.history import git
from tests.support.oci import serve
from tests.support.sample import CONFIG, Sample, small, step_results

pytestmark = pytest.mark.quick(1)

SIGNER = "Releases of the tests <releases@example.invalid>"
PASSPHRASE = "only-the-tests-know-this"
VARIABLE = "STAGE6_SIGN_PASSPHRASE"


@dataclass(frozen=True)
class Keys:
    """A GnuPG home with one key, and its public half as helm reads it."""

    home: Path
    public: Path

    def forget(self) -> None:
        """Stop the agent, which remembers a passphrase; a CI that starts anew has none."""
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env={**os.environ, **self.env}, check=True)

    @property
    def env(self) -> dict[str, str]:
        return {"GNUPGHOME": str(self.home), VARIABLE: PASSPHRASE}


@pytest.fixture(scope="module")
def keys() -> Iterator[Keys]:
    """An RSA key with a passphrase: helm 3.17 reads no keyring with an Ed25519 key (helm 4.3 does)."""
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not here: install gnupg")
    with tempfile.TemporaryDirectory(prefix="gpg-") as name:  # the agent's socket wants a short path
        home, public = Path(name), Path(name) / "public.gpg"
        home.chmod(0o700)
        env = {**os.environ, "GNUPGHOME": name}
        gpg = ("gpg", "--batch", "--quiet", "--pinentry-mode=loopback", f"--passphrase={PASSPHRASE}")
        subprocess.run([*gpg, "--quick-gen-key", SIGNER, "rsa2048", "sign"], env=env, check=True)
        subprocess.run(["gpg", "--batch", "--output", public, "--export", SIGNER], env=env, check=True)
        yield Keys(home, public)
        subprocess.run(["gpgconf", "--kill", "all"], env=env, check=True)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("oci")) as host:
        yield host


def place(host: str, directory: Path) -> str:
    """A path of the registry for one test alone."""
    return f"oci://{host}/{directory.name.replace('_', '-').strip('-').lower()}"


def signed(directory: Path, release: str, helm: Path | None = None) -> Sample:
    return small(directory / "sample", {".stage6.yaml": f"{CONFIG}release: {release}\n"}, helm)


def manifest(where: str) -> tuple[list[str], str]:
    """Media types of the layers that 0.1.0 has, and the manifest's digest."""
    host, _, path = where.removeprefix("oci://").partition("/")
    request = Request(
        f"http://{host}/v2/{path}/small/manifests/0.1.0",
        headers={"Accept": "application/vnd.oci.image.manifest.v1+json"},
    )
    with urlopen(request, timeout=10) as answer:
        layers = [layer["mediaType"] for layer in json.load(answer)["layers"]]
        return layers, str(answer.headers["Docker-Content-Digest"])


def code(ended: Ended) -> str:
    return str(ended.json["error"]["code"])


def test_helm_itself_verifies_what_was_published(keys: Keys, host: str, any_helm: Path, tmp_path: Path) -> None:
    sample, registry = signed(tmp_path, f'{{sign_key: "{SIGNER}"}}', any_helm), place(host, tmp_path)
    keys.forget()
    ended = sample.run(f"--registry={registry}", env=keys.env)
    assert ended.status == 0, ended.stderr
    assert PASSPHRASE not in ended.stdout + ended.stderr
    pull = ("pull", f"{registry}/small", "--version=0.1.0", "--verify", f"--keyring={keys.public}", "--plain-http")
    pulled = subprocess.run(
        [any_helm, *pull], cwd=tmp_path, env=command_environment(), capture_output=True, text=True, check=False
    )
    assert pulled.returncode == 0, pulled.stderr
    assert SIGNER in pulled.stdout
    assert (tmp_path / "small-0.1.0.tgz.prov").exists()


@pytest.mark.slow
def test_the_signature_is_beside_the_package_whose_bytes_it_leaves_alone(
    keys: Keys, host: str, helm4: Path, tmp_path: Path
) -> None:
    sample, registry = signed(tmp_path, f'{{sign_key: "{SIGNER}"}}', helm4), place(host, tmp_path)
    assert sample.run(f"--registry={registry}", env=keys.env).status == 0
    assert sum("provenance" in layer for layer in manifest(registry)[0]) == 1
    assert sample.command("verify-chart", "v0.1.0", f"--registry={registry}").stdout.startswith("EQUAL")


def test_a_wrong_passphrase_publishes_nothing(keys: Keys, host: str, helm4: Path, tmp_path: Path) -> None:
    sample, registry = signed(tmp_path, f'{{sign_key: "{SIGNER}"}}', helm4), place(host, tmp_path)
    keys.forget()
    ended = sample.run(f"--registry={registry}", env={**keys.env, VARIABLE: "wrong-passphrase"})
    assert (ended.status, code(ended)) == (4, "SIGN_FAILED")
    assert "wrong-passphrase" not in ended.stdout + ended.stderr
    assert sample.remote_tags == {}
    assert git(sample.remote, "for-each-ref", "refs/stage6") == ""
    with pytest.raises(OSError, match="404"):
        manifest(registry)


@pytest.mark.slow
def test_the_agent_forgets_the_passphrase(keys: Keys, host: str, helm4: Path, tmp_path: Path) -> None:
    sample = signed(tmp_path, f'{{sign_key: "{SIGNER}"}}', helm4)
    assert sample.run(f"--registry={place(host, tmp_path)}", env=keys.env).status == 0
    sign = ("gpg", "--batch", "--pinentry-mode=error", f"--local-user={SIGNER}", "--clear-sign")
    env = {**os.environ, "GNUPGHOME": str(keys.home)}
    assert subprocess.run(sign, input=b"x", env=env, capture_output=True, check=False).returncode != 0


def test_a_key_that_is_not_here_is_named(keys: Keys, host: str, helm4: Path, tmp_path: Path) -> None:
    sample = signed(tmp_path, "{sign_key: nobody@example.invalid}", helm4)
    ended = sample.run(f"--registry={place(host, tmp_path)}", env=keys.env)
    assert (ended.status, code(ended)) == (4, "SIGN_FAILED")
    assert "nobody@example.invalid" in ended.json["error"]["message"]


# A command


def hook(directory: Path, script: str) -> Path:
    file = directory / "sign.sh"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def with_command(directory: Path, script: str, helm: Path) -> Sample:
    file = hook(directory, script)
    return signed(directory, f'{{sign_command: ["{file}", sign, --yes, "{{image}}", "v={{version}}"]}}', helm)


def test_a_command_gets_the_published_package_by_its_digest_before_it_is_tagged(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    sample = with_command(tmp_path, f'echo "$*" > {tmp_path}/said; git tag > {tmp_path}/tags', helm4)
    registry = place(host, tmp_path)
    ended = sample.run(f"--registry={registry}")
    assert ended.status == 0, ended.stderr
    image = f"{registry.removeprefix('oci://')}/small@{manifest(registry)[1]}"
    assert (tmp_path / "said").read_text() == f"sign --yes {image} v=0.1.0\n"
    assert (tmp_path / "tags").read_text() == ""
    assert list(step_results(ended)) == ["package", "publish", "provenance", "sign", "tag", "deploy live"]


@pytest.mark.slow
def test_a_command_that_fails_leaves_the_version_untagged_and_the_next_run_signs_it(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    sample = with_command(tmp_path, f"[ -e {tmp_path}/well ] || {{ echo no identity token >&2; exit 3; }}", helm4)
    option = f"--registry={place(host, tmp_path)}"
    ended = sample.run(option)
    assert (ended.status, code(ended)) == (4, "SIGN_FAILED")
    assert "no identity token" in ended.json["error"]["message"]
    assert sample.remote_tags == {}
    (tmp_path / "well").touch()
    again = sample.run(option)
    assert (again.status, again.json["version"]) == (0, "0.1.0"), again.stderr
    assert (step_results(again)["publish"], step_results(again)["sign"]) == ("satisfied", "done")


@pytest.mark.slow
def test_what_is_tagged_is_not_signed_again(host: str, helm4: Path, tmp_path: Path) -> None:
    sample = with_command(tmp_path, f"echo once >> {tmp_path}/said", helm4)
    for _ in range(2):
        assert sample.run(f"--registry={place(host, tmp_path)}").status == 0
    assert (tmp_path / "said").read_text() == "once\n"


def test_a_command_that_is_not_here_is_said_before_anything_is_published(
    host: str, helm4: Path, tmp_path: Path
) -> None:
    sample, registry = (
        signed(tmp_path, '{sign_command: [no-such-cosign, sign, "{image}"]}', helm4),
        place(host, tmp_path),
    )
    ended = sample.run(f"--registry={registry}")
    assert (ended.status, code(ended)) == (3, "TOOL_MISSING")
    with pytest.raises(OSError, match="404"):
        manifest(registry)


@pytest.mark.slow
def test_a_path_of_the_command_begins_at_the_repositorys_root(host: str, helm4: Path, tmp_path: Path) -> None:
    sample = signed(tmp_path, '{sign_command: [./sign.sh, "{image}"]}', helm4)
    sample.commit("chore: sign", {"sign.sh": f"#!/bin/sh\npwd > {tmp_path}/said\n"})
    (sample.repo.path / "sign.sh").chmod(0o755)
    ended = sample.run(f"--registry={place(host, tmp_path)}", f"--repo={sample.repo.path / 'charts'}")
    assert ended.status == 0, ended.stderr
    assert (tmp_path / "said").read_text().strip() == str(sample.repo.path)


def test_a_directory_keeps_no_signature_and_the_plan_says_so(helm4: Path, tmp_path: Path) -> None:
    sample = signed(tmp_path, '{sign_key: nobody, sign_command: [no-such-cosign, "{image}"]}', helm4)
    ended = sample.run()
    assert ended.status == 0, ended.stderr
    assert "sign" not in step_results(ended)
    assert "packages are not signed" in " ".join(ended.json["notes"])
