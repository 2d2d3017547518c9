"""Fixtures for every test, and guards that keep a test from touching what is not its own."""

import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

# A busy machine is no fault of a test's; and in CI the same examples are tried each time.
settings.register_profile("developer", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "developer"))

# What a script starts in its background ignores SIGINT, and so would the programs that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_BESIDE_PYTHON = Path(sys.executable).parent
T = TypeVar("T")
HELMS = ("helm3", "helm4")
PROJECT = Path(__file__).resolve().parent.parent


def rest_slow(names: Iterable[T], *quick: T) -> list[Any]:
    """Parameters of a test: the quick suite takes those that are named, the slow suite all others."""
    known = list(names)
    assert all(name in known for name in quick)
    return [pytest.param(name, marks=[] if name in quick else pytest.mark.slow) for name in known]


def sampled(cases: Iterable[T], *, one_of: int) -> list[Any]:
    """Parameters of a test: the quick suite takes the first of so many each, the slow suite the others."""
    return [pytest.param(case, marks=[pytest.mark.slow] if at % one_of else []) for at, case in enumerate(cases)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a file that is marked with ``quick(n)``, mark all tests but the first n as slow."""
    seen: Counter[Path] = Counter()
    for item in items:
        mark = item.get_closest_marker("quick")
        if mark and not item.get_closest_marker("slow"):
            seen[item.path] += 1
            if seen[item.path] > mark.args[0]:
                item.add_marker(pytest.mark.slow)


# A helm 4, and in the slow suite a helm 3, too: for what is rare and hardly depends on helm.
ANY_HELM = rest_slow(HELMS, "helm4")


def find_helm(name: str) -> Path:
    """A helm of one major, or a skip that says how to get it; in our CI it has to be there."""
    found = shutil.which(name, path=f"{_BESIDE_PYTHON}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        message = f"{name} is not here: run `make tools`"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    return Path(found)


@pytest.fixture(params=HELMS, scope="session")
def helm(request: pytest.FixtureRequest) -> Path:
    """A helm binary: helm 3, then helm 4."""
    return find_helm(request.param)


@pytest.fixture(params=ANY_HELM, scope="session")
def any_helm(request: pytest.FixtureRequest) -> Path:
    """A helm 4, and in the slow suite a helm 3, too: for what is rare and hardly depends on helm."""
    return find_helm(request.param)


@pytest.fixture(scope="session")
def helm4() -> Path:
    """A helm 4, where one major is enough."""
    return find_helm("helm4")


@pytest.fixture(scope="session")
def replay() -> Path:
    """The recorded histories, kept beside the project."""
    directory = PROJECT.parent / "shared" / "replay"
    if not (directory / "materialize.py").exists():
        pytest.skip(f"no recorded histories: they are expected in {directory}")
    return directory


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """A test leaves the environment and the working directory as they were."""
    # pytest itself writes the name of the running test there.
    before, where = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}, Path.cwd()
    yield
    assert {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"} == before
    assert Path.cwd() == where


@pytest.fixture(autouse=True, scope="session")
def nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the developer's git, helm or CI."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GIT_", "GITHUB_", "GITLAB_", "CI_", "HELM_", "KUBE")):
                patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield
