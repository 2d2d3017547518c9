"""A directory of programs that must not run: each one writes its name down."""

from dataclasses import dataclass
from pathlib import Path

# Parts of PATH that are, or lie in, the working directory.
RELATIVE = ("", ".", "bin", "./bin", "../checkout/bin")
# What Stage 6 starts, and what that starts.
NAMES = (
    *("docker-credential-hostile", "env", "gh", "git", "git-remote-hostile", "gpg", "gpgconf", "helm", "kubectl"),
    *("ldconfig", "ps", "python3", "sh", "sign", "ssh", "uname"),
)


@dataclass(frozen=True)
class Hostile:
    """Such a directory, and the file with the names of what ran."""

    directory: Path
    names: Path

    @classmethod
    def in_(cls, directory: Path, names: Path) -> "Hostile":
        """Put the programs into a directory, and into `bin` below it."""
        for folder in (directory, directory / "bin"):
            folder.mkdir(exist_ok=True)
            for name in NAMES:
                program = folder / name
                program.write_text(f"#!/bin/sh\necho {name} \"$@\" >> '{names}'\nexit 1\n")
                program.chmod(0o755)
        return cls(directory, names)

    @property
    def ran(self) -> list[str]:
        """What ran, with its arguments."""
        return self.names.read_text().splitlines() if self.names.exists() else []
