"""What of a changed chart gets packaged: by its own ``.helmignore``, and as Helm reads the files."""

import re

from jetscale_cicd.config.settings import AppVersionRule, ChartSettings
from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.decide.chart.stamp import same_content, same_document
from jetscale_cicd.decide.classify import ChartRules
from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.change import Change, ChangeSet, Comparison
from jetscale_cicd.observe.git.files import read_files
from jetscale_cicd.observe.git.repository import Repository

# What Helm reads and writes anew when it packages: metadata of the chart and of subcharts that are unpacked in charts/,
# and subcharts in archives, which it unpacks.
_REWRITTEN = re.compile(rb"(?:charts/[^/]+/)*Chart\.(?:yaml|lock)")
_UNPACKED = re.compile(rb"(?:charts/[^/]+/)*charts/[^/]+\.tgz")


def packaged_rules(repository: Repository, chart: ChartSettings, changes: ChangeSet) -> ChartRules:
    """The rules by which a path of the chart counts, as the two compared commits have them."""
    ends = [end for end in (changes.comparison.base, changes.comparison.head) if end]
    folder = f"{chart.path}/".encode()
    rewritten = [
        change for change in changes.watched if change.path.startswith(folder) and _is_rewritten(change, folder)
    ]
    return ChartRules(
        path=chart.path,
        watch=chart.watched,
        ignored=tuple(_ignore(repository, end, f"{chart.path}/.helmignore") for end in ends),
        same=_same(repository, rewritten, folder, chart.app_version),
    )


def _ignore(repository: Repository, commit: str, file: str) -> HelmIgnore:
    """Rules of one end; a file that cannot be used keeps nothing out, so that the commit that mends it counts."""
    try:
        text = read_files(repository, commit, (file,))[0] or b""
        return HelmIgnore.parse(text.decode("utf-8", "surrogateescape"), file)
    except ConfigurationError:
        return HelmIgnore.parse("")


def _is_rewritten(change: Change, folder: bytes) -> bool:
    """Whether a file has other bytes, of which Helm makes bytes of its own."""
    inside = change.path.removeprefix(folder)
    edited = change.old_mode.startswith("100") and change.new_mode.startswith("100") and not change.same_bytes
    return edited and bool(_REWRITTEN.fullmatch(inside) or _UNPACKED.fullmatch(inside))


def _same(repository: Repository, edited: list[Change], folder: bytes, rule: AppVersionRule) -> frozenset[bytes]:
    """Those of the changed files that give the same package."""
    contents = repository.blobs(blob for change in edited for blob in (change.old_blob, change.new_blob))
    both = ((change.path, contents[change.old_blob], contents[change.new_blob]) for change in edited)
    return frozenset(path for path, old, new in both if _same_in_package(path.removeprefix(folder), old, new, rule))


def _same_in_package(inside: bytes, old: bytes, new: bytes, rule: AppVersionRule) -> bool:
    """Whether two contents of a file of the chart, by its path inside, give the same package."""
    try:
        if inside.endswith(b".tgz"):
            from jetscale_cicd.decide.chart.packed import loaded_files

            return sorted(loaded_files(old)) == sorted(loaded_files(new))
        if inside == b"Chart.yaml":
            return same_content(old.decode(), new.decode(), rule)
        return same_document(old.decode(), new.decode())
    except (UnicodeDecodeError, CannotTellError):
        return False


def stamped_parent(repository: Repository, commit: str, folder: str, rule: AppVersionRule = "version") -> str | None:
    """The parent of a commit that changes nothing of the chart but what is stamped in Chart.yaml; None of any other."""
    parents = repository.parents(commit)[commit]
    if len(parents) != 1:
        return None
    changes = repository.changes(Comparison(parents[0], commit, ""), (f"{folder}/**",)).watched
    inside = f"{folder}/".encode()
    if len(changes) != 1 or changes[0].path != inside + b"Chart.yaml" or not _is_rewritten(changes[0], inside):
        return None
    return parents[0] if _same(repository, [*changes], inside, rule) else None
