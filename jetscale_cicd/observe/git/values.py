"""The values that a target gets: files of one commit, in Helm's order, checked before anything is changed."""

import hashlib
from pathlib import Path

from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.decide.chart.encrypted import check_decrypted
from jetscale_cicd.errors import ConfigurationError, PreconditionError
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.files import read_files
from jetscale_cicd.observe.git.repository import Repository


@frozen
class Values:
    """Values files of a target at one commit, first the one that the others overlay, and the release they are for."""

    files: tuple[tuple[str, bytes], ...]
    namespace: str
    release: str
    secrets: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """``sha256:…`` over where the release is, paths and contents in order, and the names of secret values."""
        digest = hashlib.sha256(f"{self.namespace}\0{self.release}\0".encode())
        for path, content in self.files:
            digest.update(f"{path}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
        for key, variable in self.secrets:  # which they are, never what they are
            digest.update(f"{key}\0{variable}\0".encode())
        return "sha256:" + digest.hexdigest()

    def write(self, directory: Path) -> tuple[Path, ...]:
        """Write the files, readable to this user alone, and return them in order."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = []
        for number, (_, content) in enumerate(self.files):
            file = directory / f"{number}.yaml"
            file.touch(mode=0o600)
            file.write_bytes(content)
            written.append(file)
        return tuple(written)


def read_values(repository: Repository, commit: str, target: Target) -> Values:
    """Read a target's values, as they are in a commit.

    Raises:
        ConfigurationError: ``VALUES_MISSING``.
    """
    contents = read_files(repository, commit, target.values)
    for path, content in zip(target.values, contents, strict=True):
        if content is None:
            raise ConfigurationError(
                "VALUES_MISSING",
                f"the values file of target {target.name} is not in commit {commit[:12]}",
                where=path,
                hint=f"commit it, or correct targets.{target.name}.values",
            )
    files = tuple(zip(target.values, (content or b"" for content in contents), strict=True))
    return Values(files, target.namespace, target.release, tuple(sorted(target.secrets.items())))


def check_values(values: Values, target: Target) -> None:
    """Refuse values that helm could not use, or that name another client or environment than the target does.

    Only what a target's ``client_name`` and ``env`` say is compared: its namespace may be called whatever it likes.

    Raises:
        ConfigurationError: ``VALUES`` for a file that is no usable YAML mapping.
        PreconditionError: ``NAMESPACE_MISMATCH``, the values' own ``global`` names another client or environment.
    """
    merged: dict[str, object] = {}
    for path, content in values.files:
        check_decrypted(content, path)
        merged = _overlaid(merged, load_mapping(content, path, "VALUES"))
    for key, ours in (("client_name", target.client_name), ("env", target.env)):
        theirs = merged.get(key)
        if ours and theirs not in (None, "", ours):
            raise PreconditionError(
                "NAMESPACE_MISMATCH",
                f"the values have global.{key}: {theirs}, target {target.name} has {ours}",
                where=target.values[-1],
                hint=f"if the values are right: targets.{target.name}.{key}: {theirs}, with namespace: "
                f"{target.namespace} beside it, or the target would move; else correct global.{key}",
            )


def _overlaid(merged: dict[str, object], values: dict[str, object]) -> dict[str, object]:
    """``global`` of values files with one more on top, as Helm merges them: mappings by key, all else is replaced."""
    if "global" not in values:
        return merged
    given = values["global"]
    return {**merged, **given} if isinstance(given, dict) else {}
