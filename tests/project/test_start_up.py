"""What a decision imports before it needs it: nothing heavy."""

import subprocess
import sys
from pathlib import Path

from tests.config.test_reader import EXAMPLE

ROOT = Path(__file__).parents[2]


HEAVY = ("pydantic", "semantic_release", "git", "sh")


PROBE = """
import sys
from jetscale_cicd.config.reader import default_settings, read_settings
default_settings()
assert "yaml" not in sys.modules, "the defaults need no YAML"
read_settings(sys.stdin.read(), ".stage6.yaml")
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_reading_a_file_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], input=EXAMPLE, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "yaml" in done.stdout.split()
    assert not set(done.stdout.split()) & set(HEAVY)


def test_nothing_heavy_is_imported_before_a_message_is_judged() -> None:
    said = "import sys, jetscale_cicd.decide.release.conventional; print('semantic_release' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], capture_output=True, check=True).stdout.strip() == b"False"
