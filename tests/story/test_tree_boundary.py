"""A change that nobody trusts reads and writes nothing of this machine but its tree: links, mirrors, outputs."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ANY_HELM, find_helm, sampled
from tests.support.command import command_environment
from tests.support.sample import CONFIG, Sample, released, small

pytestmark = pytest.mark.quick(4)

SECRET = "not for a pull request"
CHART, LOCK = "charts/app/Chart.yaml", "charts/app/Chart.lock"
PLACE = "oci://registry.test/charts"
DEPENDS = (
    "apiVersion: v2\nname: small\nversion: 0.0.0\n"
    f"dependencies: [{{name: sub, version: 1.0.0, repository: '{PLACE}'}}]\n"
)
WANTED = [{"name": "sub", "version": "1.0.0", "repository": PLACE}]
DIGEST = hashlib.sha256(json.dumps([WANTED, WANTED], separators=(",", ":")).encode()).hexdigest()
LOCKED = (
    f"dependencies:\n- name: sub\n  repository: {PLACE}\n  version: 1.0.0\n"
    f"digest: sha256:{DIGEST}\ngenerated: '2026-01-01T00:00:00Z'\n"
)
SUB = {
    "Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "templates/read.yaml": (
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: read}\ndata: {file: {{ .Files.Get "read" | quote }}}\n'
    ),
    "read": "harmless",
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    directory = tmp_path_factory.mktemp("first")
    sample = released(small(directory))
    (directory / "secret").write_text(SECRET)
    return sample


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    """A released stack, with a file of this machine beside it."""
    return first.copy(tmp_path)


def with_mirror(stack: Sample, folder: str, named: str = "") -> None:
    """A change that takes a subchart from a mirror.

    Args:
        folder: where it is, from the root of the work tree.
        named: how the configuration calls it.
    """
    for name, text in SUB.items():
        file = stack.repo.path / folder / "sub" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    mirrors = f"registry: ../registry, mirrors: {{'{PLACE}': '{named or folder}'}}"
    config = CONFIG.replace("registry: ../registry", mirrors)
    stack.commit("feat: a subchart", {CHART: DEPENDS, LOCK: LOCKED, ".stage6.yaml": config})


def simulate(stack: Sample, *arguments: str) -> tuple[int, str, str]:
    ended = stack.command("simulate", "--base=HEAD~1", "--output=json", *arguments)
    shown = ended.stdout + ended.stderr
    return ended.status, str((ended.json.get("error") or {"code": ""})["code"]), shown


def test_a_mirror_in_the_tree_is_used(stack: Sample) -> None:
    with_mirror(stack, "mirror")
    assert simulate(stack)[:2] == (0, ""), simulate(stack)[2]


def file_link(stack: Sample) -> None:
    with_mirror(stack, "mirror")
    link(stack, "mirror/sub/read", "../../../secret")


def folder_link(stack: Sample) -> None:
    with_mirror(stack, "mirror")
    shutil.rmtree(stack.repo.path / "mirror/sub")
    (stack.directory / "sub").mkdir()
    link(stack, "mirror/sub", "../../sub")


def archive_link(stack: Sample) -> None:
    with_mirror(stack, "mirror")
    link(stack, "mirror/sub-1.0.0.tgz", "../../secret")


def link_behind_a_link(stack: Sample) -> None:
    with_mirror(stack, "mirror")
    (stack.repo.path / "stuff").mkdir()
    (stack.repo.path / "stuff/read").symlink_to("../../secret")
    shutil.rmtree(stack.repo.path / "mirror/sub/templates")
    link(stack, "mirror/sub/templates", "../../stuff")


def link(stack: Sample, path: str, target: str) -> None:
    (stack.repo.path / path).unlink(missing_ok=True)
    (stack.repo.path / path).symlink_to(target)
    stack.repo.git("add", "--all")
    stack.repo.git("commit", "--quiet", "--amend", "--no-edit")


@pytest.mark.parametrize("linked", [file_link, folder_link, archive_link, link_behind_a_link])
def test_a_link_in_a_mirror_that_leads_out_of_the_tree_is_refused(
    stack: Sample, linked: Callable[[Sample], None]
) -> None:
    linked(stack)
    status, code, shown = simulate(stack)
    assert (status, code) == (2, "LINK_ESCAPES"), shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    "named", sampled(["../mirror", "{absolute}", "file://{absolute}", "charts/../../mirror"], one_of=2)
)
def test_a_mirror_outside_of_the_tree_is_no_choice_of_the_change(stack: Sample, named: str) -> None:
    with_mirror(stack, "../mirror", named.replace("{absolute}", str(stack.directory / "mirror")))
    status, code, shown = simulate(stack)
    assert (status, code) == (2, "MIRROR_OUTSIDE"), shown
    config = stack.directory / "own.yaml"
    config.write_text((stack.repo.path / ".stage6.yaml").read_text())
    assert simulate(stack, f"--config={config}")[:2] == (0, "")


def test_a_configuration_that_is_a_link_out_of_the_tree_is_refused(stack: Sample) -> None:
    stack.commit("feat: more", {"charts/app/values.yaml": "size: 2\n"})
    link(stack, ".stage6.yaml", "../secret")
    status, code, shown = simulate(stack)
    assert (status, code) == (2, "LINK_ESCAPES")
    assert SECRET not in shown


@pytest.mark.parametrize("path", ["rendered", "rendered/live"])
def test_an_output_that_leads_out_of_the_tree_is_refused(stack: Sample, path: str) -> None:
    shutil.rmtree(stack.repo.path / "rendered")
    outside = stack.directory / "outside"
    (outside / "live").mkdir(parents=True)
    (stack.repo.path / path).parent.mkdir(exist_ok=True)
    (stack.repo.path / path).symlink_to(outside)
    stack.commit("feat: more", {"charts/app/values.yaml": "size: 2\n"})
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (2, "LINK_ESCAPES")
    assert [*outside.rglob("*")] == [outside / "live"]


@pytest.mark.parametrize("name", ["release.json", "manifests.yaml"])
def test_a_record_that_is_a_link_out_of_the_tree_is_not_read(stack: Sample, name: str) -> None:
    (stack.repo.path / "rendered/live" / name).unlink()
    (stack.repo.path / "rendered/live" / name).symlink_to("../../../secret")
    ended = stack.command("plan", "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (2, "LINK_ESCAPES")
    assert SECRET not in ended.stdout + ended.stderr


@pytest.mark.parametrize("option", ["--out", "--notes"])
def test_a_file_that_an_option_names_is_not_written_through_a_link_of_the_change(stack: Sample, option: str) -> None:
    stack.commit("feat: more", {"charts/app/values.yaml": "size: 2\n"})
    link(stack, "plan.md", "../secret")
    stack.repo.git("push", "--quiet", "--force", "origin", "HEAD")
    ended = stack.command("plan", f"{option}=plan.md")
    assert ended.status == 2
    assert "LINK_ESCAPES" in ended.stderr
    assert (stack.directory / "secret").read_text() == SECRET


def test_modules_of_the_checkout_are_not_imported(stack: Sample) -> None:
    for name in ("yaml", "sh", "git", "pydantic", "urllib3", "json", "semantic_release", "tomllib"):
        (stack.repo.path / f"{name}.py").write_text(f"raise SystemExit({SECRET!r})\n")
    stack.commit("feat: more", {"charts/app/values.yaml": "size: 2\n"})
    command = [sys.executable, "-m", "jetscale_cicd", "simulate", "--base=HEAD~1"]
    env = command_environment(find_helm("helm4"))
    ended = subprocess.run(command, cwd=stack.repo.path, env=env, capture_output=True, text=True, check=False)
    assert (ended.returncode, SECRET in ended.stderr) == (0, False), ended.stderr


# What the system sees of a simulation

# What a program reads of its system and of itself, and no change decides.
SYSTEM = ("/usr/", "/lib", "/etc/", "/proc/", "/sys/", "/dev/", "/opt/", "/bin/", "/var/", "/run/")
OPENED = re.compile(r'(?:open|openat|openat2|execve)\((?:AT_FDCWD, |\d+, )?"([^"]*)"')
TOKENS = (".kube/config", ".docker/config.json", ".config/helm/registry/config.json", ".netrc", ".git-credentials")


def tempting_home(directory: Path) -> Path:
    """A home with what a runner keeps in one."""
    for name in (*TOKENS, ".ssh/id_ed25519", ".config/gh/hosts.yml", ".aws/credentials", ".cache/helm/x"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(SECRET)
    return directory


@pytest.mark.parametrize("name", ANY_HELM)
def test_a_simulation_connects_to_nothing_and_reads_its_tree_its_scratch_and_the_system_alone(
    stack: Sample, tmp_path: Path, name: str
) -> None:
    if not (strace := shutil.which("strace")):
        pytest.skip("no strace here: install it (apt-get install strace)")
    stack.commit("feat: more", {"charts/app/values.yaml": "size: 2\n"})
    helm, home, scratch = find_helm(name), tempting_home(tmp_path / "home"), tmp_path / "scratch"
    scratch.mkdir()
    kubeconfig = {"KUBECONFIG": str(home / ".kube/config")}
    secret = {"STAGE6_REGISTRY_USERNAME": "u", "STAGE6_REGISTRY_PASSWORD": SECRET}
    env = {**command_environment(helm), "HOME": str(home), "TMPDIR": str(scratch), **kubeconfig, **secret}
    trace = tmp_path / "trace"
    watched = "trace=open,openat,openat2,execve,connect,sendto,sendmsg,bind"
    command = [
        strace,
        "-f",
        "-qq",
        "-s",
        "4096",
        "-e",
        watched,
        "-o",
        str(trace),
        sys.executable,
        "-m",
        "jetscale_cicd",
    ]
    options = ["simulate", "--base=HEAD~1"]
    ended = subprocess.run(
        [*command, *options], cwd=stack.repo.path, env=env, capture_output=True, text=True, check=False
    )
    if "PTRACE" in ended.stderr:
        pytest.skip("this system lets nobody trace a program: run it where ptrace(2) is allowed")
    assert ended.returncode == 0, ended.stderr
    lines = trace.read_text(errors="replace").splitlines()
    assert [line for line in lines if "AF_INET" in line] == []
    seen = [line for line in lines if " = -1 " not in line]
    opened = {os.path.realpath(stack.repo.path / found[1]) for line in seen if (found := OPENED.search(line))}
    assert any("helm" in path for path in opened), "the trace saw no program"
    own = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]), str(helm.parent))
    allowed = (str(stack.repo.path.resolve()), str(scratch.resolve()), *own, *SYSTEM)
    beyond = {path for path in opened if not path.startswith(allowed) and path not in ("/", str(stack.directory))}
    # The scratch directories of runs that go on are seen to be locked.
    others = {path for path in beyond if Path(path).name.startswith("jetscale-cicd.")}
    assert {path for path in beyond - others if not Path(path).is_dir()} == set()
    assert [*scratch.iterdir()] == []


def test_a_simulation_needs_no_network(stack: Sample) -> None:
    isolated = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*isolated, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system gives nobody a network namespace: unshare --map-root-user --net true has to work")
    stack.commit("feat: more", {"charts/app/values.yaml": "size: 2\n"})
    command = [*isolated, sys.executable, "-m", "jetscale_cicd", "simulate", "--base=HEAD~1"]
    env = command_environment(find_helm("helm4"))
    ended = subprocess.run(command, cwd=stack.repo.path, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
