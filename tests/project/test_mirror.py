"""`tests/` mirrors the package: whoever knows where something is made knows where it is tested."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
PACKAGE = TESTS.parent / "jetscale_cicd"
# What tests no one folder: real clusters, whole runs, agreement with other programs, and this repository's own files.
BESIDE = {"fuzz", "agreement", "cluster", "fixtures", "project", "story", "support"}


# Folders of the package without a folder of tests: each face is tested beside the others, and this engine in whole
# runs.
TESTED_ELSEWHERE = {
    *("report/ci", "report/json", "report/text", "report/junit", "report/markdown"),
    "engines/argocd",
    "preconditions/survey",
}


def folders(root: Path) -> set[str]:
    """Folders that hold Python, by their paths below the root."""
    found = {file.parent.relative_to(root) for file in root.rglob("*.py")}
    return {str(path) for path in found if path.parts}


def test_each_folder_of_tests_is_one_of_the_package() -> None:
    own = {folder for folder in folders(TESTS) if Path(folder).parts[0] not in BESIDE}
    assert own - folders(PACKAGE) == set()


def test_each_folder_of_the_package_has_tests() -> None:
    tested = {str(file.parent.relative_to(TESTS)) for file in TESTS.rglob("test_*.py")}
    assert folders(PACKAGE) - tested == TESTED_ELSEWHERE


def test_a_test_of_a_module_is_where_the_module_is() -> None:
    """A test file that is named after a module of the package lies in that module's folder, if it lies in one."""
    where: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        where.setdefault(file.stem, set()).add(str(file.parent.relative_to(PACKAGE)))
    for file in TESTS.rglob("test_*.py"):
        folder = file.parent.relative_to(TESTS)
        module = file.stem.removeprefix("test_")
        if folder.parts and folder.parts[0] not in BESIDE and module in where:
            assert str(folder) in where[module], file
