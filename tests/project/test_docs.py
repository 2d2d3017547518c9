"""The documents say what the program does: their generated blocks are its output, their names exist.

``.venv/bin/python tests/project/test_docs.py`` writes the generated blocks anew where they differ.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd import errors
from jetscale_cicd.cli.main import parser
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.schema import json_schema
from jetscale_cicd.decide.cluster.diagnose import CODES
from jetscale_cicd.errors import Stage6Error

PROJECT = Path(__file__).resolve().parents[2]
README = PROJECT / "README.md"
DEPLOY = PROJECT / "docs" / "deploy.md"
CONFIGURATION = PROJECT / "docs" / "configuration.md"
DOCUMENTS = sorted([README, PROJECT / "CHANGELOG.md", *(PROJECT / "docs").rglob("*.md")])
WRITTEN = [*DOCUMENTS, *sorted((PROJECT / ".github").rglob("*.yml")), PROJECT / ".stage6.yaml"]
REFRESH = "run `.venv/bin/python tests/project/test_docs.py` and look at the difference"

BLOCK = re.compile(r"(<!-- generated: (?P<name>[^>]+) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)
FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
LEFT_OUT = ("A stack with one chart", "Scene 5")

# Options of other programs that the documents name.
FOREIGN = {
    "--wait",
    "--force-conflicts",
    "--reuse-values",
    "--namespace",
    "--strict",
    "--batch",
    "--unshallow",
    "--yes",
    "--verify-tag",
    "--notes-from-tag",
    "--export",
}


# --- the blocks ---------------------------------------------------------------------------------------------------


def fenced(text: str) -> str:
    return f"```text\n{text.strip()}\n```\n"


def program(*arguments: str, cwd: Path = PROJECT) -> str:
    """stdout of a command, as an 80-column terminal without colours and without a CI would show it."""
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TMPDIR")}
    env = {**kept, "COLUMNS": "80", "PATH": path_with_helm(), "GIT_CONFIG_GLOBAL": os.devnull}
    ended = subprocess.run([sys.executable, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def path_with_helm() -> str:
    return os.pathsep.join((os.environ["PATH"], str(Path(sys.executable).parent)))


def help_of(*command: str) -> str:
    shown = program("-m", "jetscale_cicd", *command, "--help")
    return fenced(f"$ {' '.join(('jetscale-cicd', *command, '--help'))}\n{shown}")


def transcript() -> str:
    """What `make run` prints, without the scenes that are left out."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        shown = program(str(PROJECT / "examples" / "five_scenes.py"), str(directory / "stage6-sample"))
        scenes = re.split(r"\n(?=── )", shown.replace(str(directory), "…"))
    kept = [scene for scene in scenes if scene.startswith("── ") and not any(word in scene for word in LEFT_OUT)]
    return fenced("\n".join(kept))


def simulation() -> str:
    """`simulate --worktree` with this repository's own configuration, on a copy of its stack."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name)
        for folder in ("charts", "envs", "tests/fixtures/charts"):
            shutil.copytree(PROJECT / folder, clone / folder)
        shutil.copy(PROJECT / ".stage6.yaml", clone)
        identity = ("-c", "user.name=Dev", "-c", "user.email=dev@example.invalid")
        for arguments in (
            ("init", "--quiet"),
            ("add", "--all"),
            (*identity, "commit", "--quiet", "--message", "feat: the stack"),
        ):
            subprocess.run(
                ["git", *arguments], cwd=clone, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
            )
        values = clone / "envs/preview/values.yaml"
        values.write_text(values.read_text().replace("host: preview.jetscale.ai", "host: next.jetscale.ai"))
        shown = program("-m", "jetscale_cicd", "simulate", "--base", "HEAD", "--worktree", cwd=clone)
    edit = "$ sed -i s/preview.jetscale.ai/next.jetscale.ai/ envs/preview/values.yaml"
    return fenced(f"{edit}\n$ jetscale-cicd simulate --base HEAD --worktree\n{shown}")


def error_classes() -> list[type[Stage6Error]]:
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Stage6Error)]
    return sorted(found, key=lambda each: each.exit_status)


def exit_codes() -> str:
    rows = ["| exit | meaning | class |", "|---|---|---|", "| 0 | done, or nothing to do | |"]
    rows += [f"| {each.exit_status} | {each.meaning} | `{each.__name__}` |" for each in error_classes()]
    return "\n".join(rows) + "\n"


def keys(section: str) -> dict[str, Any]:
    schema: Any = json_schema()
    found: dict[str, Any] = schema["$defs"][section]["properties"]
    return found


def key_table(section: str) -> str:
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, spec in keys(section).items():
        default = f"`{shown_default(spec['default'])}`" if "default" in spec else "see the meaning"
        rows.append(f"| `{name}` | {type_of(spec)} | {default} | {spec['description'].rstrip('.')} |")
    return "\n".join(rows) + "\n"


def type_of(spec: dict[str, Any]) -> str:
    if "enum" in spec:
        return " or ".join(f"`{value}`" for value in spec["enum"])
    if "anyOf" in spec:
        return "text, or null"
    return {"string": "text", "boolean": "true or false", "array": "list of texts", "object": "text to text"}[
        spec["type"]
    ]


def shown_default(value: object) -> str:
    """The default as it would be written in the file."""
    if isinstance(value, list):
        return "[" + ", ".join(f'"{item}"' if "*" in item else item for item in value) + "]"
    return {"": '""', "None": "null", "False": "false", "True": "true"}.get(str(value), str(value))


BLOCKS: dict[str, Callable[[], str]] = {
    "transcript": transcript,
    "help": help_of,
    "help stage6": lambda: help_of("stage6"),
    "help simulate": lambda: help_of("simulate"),
    "exit codes": exit_codes,
    "simulation": simulation,
    "chart keys": lambda: key_table("chart"),
    "release keys": lambda: key_table("release"),
    "target keys": lambda: key_table("target"),
}


def blocks() -> Iterator[tuple[Path, str, str]]:
    """File, name and text of every generated block."""
    for file in (README, CONFIGURATION):
        for match in BLOCK.finditer(file.read_text()):
            yield file, match["name"], match["text"]


def normalised(text: str) -> str:
    """Without what differs from run to run: object names, digests, seconds."""
    return re.sub(r"\(\d+\.\d s\)", "(TIME)", re.sub(r"\b[0-9a-f]{9,64}\b", "HASH", text))


def refresh() -> None:
    """Write every generated block that differs."""
    for file in (README, CONFIGURATION):

        def new(match: re.Match[str]) -> str:
            text = BLOCKS[match["name"]]()
            kept = normalised(text) == normalised(match["text"])
            return match[1] + (match["text"] if kept else text) + match[4]

        text = BLOCK.sub(new, file.read_text())
        if text != file.read_text():
            file.write_text(text)
            print(f"{file.relative_to(PROJECT)}: refreshed")


@pytest.mark.parametrize("name", BLOCKS)
def test_a_generated_block_is_what_the_program_says(name: str) -> None:
    if name in ("transcript", "simulation") and not shutil.which("helm", path=path_with_helm()):
        pytest.skip("helm is not here: run `make tools`")
    (written,) = [text for _, found, text in blocks() if found == name]
    assert normalised(written) == normalised(BLOCKS[name]()), REFRESH


def test_no_block_is_left_that_nobody_writes() -> None:
    assert sorted(name for _, name, _ in blocks()) == sorted(BLOCKS)


def test_the_transcript_is_shortened_by_whole_scenes_and_says_so() -> None:
    text = README.read_text()
    (shown,) = [text for _, name, text in blocks() if name == "transcript"]
    assert re.findall(r"^── (Scene \d|\w+)", shown, re.MULTILINE) == [
        "Scene 1",
        "Scene 2",
        "Scene 3",
        "Scene 4",
        "Look",
    ]
    assert "The first release and scene 5, the same commit once more, are left out" in text
    verdicts = [line.split(" ")[0] for line in shown.splitlines() if re.match(r"[A-Z]{4,} ", line)]
    assert verdicts == ["NOTHING", "REDEPLOY", "PUBLISH", "PUBLISH"]


# --- errors -------------------------------------------------------------------------------------------------------


def test_every_class_of_errors_has_an_exit_status_of_its_own() -> None:
    statuses = [each.exit_status for each in error_classes()]
    assert len(set(statuses)) == len(statuses)
    assert 10 not in statuses  # plan --detailed-exitcode


def raised() -> dict[str, set[int]]:
    """Every error code that the package makes with a literal, with the exit status of its class."""
    classes = "|".join(each.__name__ for each in error_classes())
    made = re.compile(rf"\b({classes})\(\s*\"([A-Z_]+)\"")
    status = {each.__name__: each.exit_status for each in error_classes()}
    found: dict[str, set[int]] = {}
    for file in (PROJECT / "jetscale_cicd").rglob("*.py"):
        for name, code in made.findall(file.read_text()):
            found.setdefault(code, set()).add(status[name])
    found |= {code: {5} for code in CODES}
    verify = (PROJECT / "jetscale_cicd" / "act" / "verify.py").read_text()
    return found | {code: {6} for code in re.findall(r"_error\(\s*\"([A-Z_]+)\"", verify)}


def test_the_table_of_diagnoses_has_each_of_them() -> None:
    table = DEPLOY.read_text().partition("| code | what is wrong |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([A-Z_]+)`", table)) == CODES


def test_every_code_of_the_troubleshooting_table_exists_with_that_exit_status() -> None:
    table = README.read_text().partition("<!-- codes -->\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert len(rows) > 15
    known = raised()
    wrong = [
        code
        for codes, status, *_ in rows
        for code in re.findall(r"`([A-Z_]+)`", codes)
        if not known.get(code, {-1}) <= {int(each) for each in status.split(",")}
    ]
    assert wrong == []


def test_every_other_code_that_is_named_exists() -> None:
    source = "".join(file.read_text() for file in (PROJECT / "jetscale_cicd").rglob("*.py"))
    named = {code for file in DOCUMENTS for code in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", file.read_text())}
    # Variables of the environment look the same.
    variables = {
        *("NO_COLOR", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITLAB_CI", "TF_BUILD", "JENKINS_URL", "GIT_COMMIT"),
        *("HELM_REGISTRY_CONFIG", "HELM_CONFIG_HOME", "DOCKER_CONFIG", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
        *("AUTH_CONFIG", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        *("STAGE6_REGISTRY_USERNAME", "STAGE6_REGISTRY_PASSWORD", "STAGE6_SIGN_PASSPHRASE"),
        *("GH_TOKEN", "GITHUB_TOKEN", "GH_HOST", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GITHUB_REPOSITORY"),
        *("REQUESTS_CA_BUNDLE", "HELM_DRIVER"),
        *("CI_COMMIT_BEFORE_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA", "GIT_PREVIOUS_SUCCESSFUL_COMMIT"),
        *("CHANGE_TARGET", "BUILDKITE_PULL_REQUEST_BASE_BRANCH", "BITBUCKET_PR_DESTINATION_COMMIT"),
    }
    assert [name for name in sorted(named | variables) if name not in source] == []
    assert [name for name in sorted(named - variables) if f'"{name}"' not in source] == []


# --- names --------------------------------------------------------------------------------------------------------


def code_of(file: Path) -> list[str]:
    """Inline code, and the lines of fenced blocks."""
    text = file.read_text()
    if file.suffix != ".md":
        return [line.strip().removeprefix("run:").strip() for line in text.splitlines()]
    lines = [line.strip().removeprefix("$ ") for block in FENCED.findall(text) for line in block.splitlines()]
    return [*lines, *re.findall(r"`([^`\n]+)`", FENCED.sub("", text))]


def options() -> set[str]:
    """Every long option of every command."""

    def of(command: argparse.ArgumentParser) -> Iterator[str]:
        for action in command._actions:
            yield from (option for option in action.option_strings if option.startswith("--"))
            if isinstance(action, argparse._SubParsersAction):
                for sub in action.choices.values():
                    yield from of(sub)

    return set(of(parser()))


def documented_options() -> set[str]:
    found = set()
    for file in DOCUMENTS:
        for line in code_of(file):
            if not line.startswith(("helm ", "git ")):
                # The commands of a plan's steps are helm's.
                found |= set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", re.sub(r"\$ helm .*", "", line)))
    return found


def test_every_option_is_documented() -> None:
    assert options() - documented_options() == set()


def test_every_documented_option_exists() -> None:
    assert documented_options() - options() - FOREIGN == set()


def test_every_command_is_documented() -> None:
    shown = [line for line in code_of(README) if line.startswith("jetscale-cicd ")]
    named = {line.split(" ")[1] for line in shown} | {line.split(" ")[0] for line in code_of(README)}
    assert set(commands()) - named == set()


def commands() -> list[str]:
    return [
        name
        for action in parser()._actions
        if isinstance(action, argparse._SubParsersAction)
        for name in action.choices
    ]


def make_targets() -> set[str]:
    """Every target that a document or a workflow tells make to make."""
    found = set()
    for file in WRITTEN:
        for line in code_of(file):
            words = line.partition("#")[0].split()
            if words[:1] == ["make"]:
                given = iter(words[1:])
                for word in given:
                    if word == "-C":
                        next(given)
                    elif "=" not in word:
                        found.add(word)
    return found


def test_every_make_target_that_is_named_exists() -> None:
    targets = make_targets()
    assert {"run", "test", "lint", "bench", "lock", "tools", "help", ".venv/.run"} <= targets
    for target in sorted(targets):
        ended = subprocess.run(
            ["make", "--dry-run", "--no-print-directory", target], cwd=PROJECT, capture_output=True, text=True
        )
        assert ended.returncode == 0, f"{target}: {ended.stderr}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(PROJECT)))
def test_every_relative_link_leads_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", file.read_text()))
    for link in (link for link in links if "://" not in link):
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings], link


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(PROJECT)))
def test_every_file_of_the_project_that_is_named_exists(file: Path) -> None:
    name = re.compile(
        r"(?<![\w/.…])(?:jetscale_cicd|tests|docs|scripts|examples|charts|envs|requirements|\.github)/[\w./-]*"
    )
    examples = ("envs/common.yaml", "jetscale_cicd/.venv/")
    named = [path for line in code_of(file) for path in name.findall(line)]
    assert [path for path in named if not (PROJECT / path).exists() and not path.startswith(examples)] == []


def test_every_decision_is_listed() -> None:
    folder = PROJECT / "docs" / "adr"
    decisions = sorted(file.name for file in folder.glob("[0-9]*.md"))
    assert re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text()) == decisions
    for number, name in enumerate(decisions, 1):
        assert name.startswith(f"{number:04}-")
        text = (folder / name).read_text()
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^\*\*([\w ]+)\.\*\*", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
            "To undo",
        ]


def test_nothing_written_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(r"(?<![\w.…}])/(?:home|root|tmp|work|Users|var|opt)/")
    assert [str(file) for file in WRITTEN if place.search(file.read_text())] == []


# --- configuration ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", ["chart", "release", "target"])
def test_the_documented_keys_and_defaults_are_those_of_the_schema(section: str) -> None:
    """Read back from the file, so that the table cannot be wrong together with what makes it."""
    (table,) = [text for _, name, text in blocks() if name == f"{section} keys"]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:`([^`|]+)`|[^|`]+) \|", table, re.MULTILINE)
    assert [name for name, _ in rows] == list(keys(section))
    import yaml

    for name, default in rows:
        # A '{' begins a mapping in YAML, unless it is quoted.
        value = yaml.safe_load(re.sub(r"(?<![\w/\"])(\w+/\{name\}[\w./]*)", r'"\1"', default)) if default else None
        assert value == keys(section)[name].get("default"), name


def test_the_example_holds_every_key_and_can_be_read() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", CONFIGURATION.read_text(), re.DOTALL)
    settings = read_settings(text, "docs/configuration.md")
    written = {key for key, origin in settings.origins.items() if origin != "default"}
    sections = {"chart": "chart", "release": "release", "target": "targets.live"}
    assert written == {f"{prefix}.{key}" for section, prefix in sections.items() for key in keys(section)}


def test_our_own_configuration_can_be_read_and_names_what_is_here() -> None:
    settings = read_settings((PROJECT / ".stage6.yaml").read_text(), ".stage6.yaml")
    assert [(target.name, target.namespace) for target in settings.targets] == [
        ("live", "jetscale-prod"),
        ("preview", "jetscale-preview"),
    ]
    for target in settings.targets:
        assert [path for path in target.values if not (PROJECT / path).is_file()] == []
    assert [place for place in settings.chart.mirrors.values() if not (PROJECT / place).is_dir()] == []


if __name__ == "__main__":
    refresh()
