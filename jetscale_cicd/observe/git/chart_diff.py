"""What of a changed chart gets packaged: by its own ``.helmignore``, and but for the versions in Chart.yaml."""

from jetscale_cicd.config.settings import ChartSettings
from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.decide.chart.stamp import same_content
from jetscale_cicd.decide.classify import ChartRules
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.change import Change, ChangeSet, Comparison
from jetscale_cicd.observe.git.files import read_files
from jetscale_cicd.observe.git.repository import Repository


def packaged_rules(repository: Repository, chart: ChartSettings, changes: ChangeSet) -> ChartRules:
    """The rules by which a path of the chart counts, as the two compared commits have them."""
    folder = chart.path
    file = f"{folder}/.helmignore"
    ends = [end for end in (changes.comparison.base, changes.comparison.head) if end]
    texts = [read_files(repository, end, (file,))[0] for end in ends]
    metadata = next((change for change in changes.watched if change.path == f"{folder}/Chart.yaml".encode()), None)
    return ChartRules(
        path=folder,
        watch=chart.watched,
        ignored=tuple(_ignore(text or b"", file) for text in texts),
        metadata_only=metadata is not None and version_only(repository, metadata),
    )


def _ignore(text: bytes, file: str) -> HelmIgnore:
    """Rules of one end; a file that helm refuses keeps nothing out, so that the commit that mends it counts."""
    try:
        return HelmIgnore.parse(text.decode("utf-8", "surrogateescape"), file)
    except ConfigurationError:
        return HelmIgnore.parse("")


def stamped_parent(repository: Repository, commit: str, folder: str) -> str | None:
    """The parent of a commit whose only change of the chart is the version in its Chart.yaml; None for any other."""
    parents = repository.parents(commit)[commit]
    if len(parents) != 1:
        return None
    changes = repository.changes(Comparison(parents[0], commit, ""), (f"{folder}/**",)).watched
    file = f"{folder}/Chart.yaml".encode()
    only = len(changes) == 1 and changes[0].path == file and version_only(repository, changes[0])
    return parents[0] if only else None


def version_only(repository: Repository, change: Change) -> bool:
    """Whether a change of Chart.yaml changes nothing that gets packaged but its version and appVersion."""
    if change.status != "M" or change.old_mode != change.new_mode or not change.new_mode.startswith("100"):
        return False
    contents = repository.blobs((change.old_blob, change.new_blob))
    try:
        return same_content(contents[change.old_blob].decode(), contents[change.new_blob].decode())
    except UnicodeDecodeError:
        return False
