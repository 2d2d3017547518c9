"""The commit that writes a version into Chart.yaml, on top of the commit that is released (``release.commit``).

It is the same commit whichever run makes it: same parent, same time, same identity. So the run after a killed one
packages the same bytes and goes on with the same tag. Neither the index nor the work tree is touched.
"""

from typing import NamedTuple

from jetscale_cicd.config.release_settings import COMMIT_AUTHOR, COMMIT_MESSAGE
from jetscale_cicd.config.settings import AppVersionRule
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.decide.chart.stamp import follows_version, stamp
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.objects import Entry
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.scratch import scratch_directory


class CommitStyle(NamedTuple):
    """How release commits are written.

    Args:
        message: with ``{version}`` in it.
        author: ``Name <address>`` of author and committer.
        app_version: whether appVersion gets the version, too.
    """

    message: str = COMMIT_MESSAGE
    author: str = COMMIT_AUTHOR
    app_version: AppVersionRule = "auto"


_DEFAULT = CommitStyle()


def release_commit(
    repository: Repository,
    head: str,
    version: Version,
    folder: str,
    style: CommitStyle = _DEFAULT,
) -> str:
    """The commit to tag as ``version``: a child of head, or head itself where its Chart.yaml says the version already.

    Args:
        folder: the chart's folder, from the repository's root.

    Raises:
        ConfigurationError: ``CHART_MISSING`` where there is no Chart.yaml, or is one that is no plain file;
            ``CHART_YAML`` or ``CHART_VERSION`` where the version cannot be written into it.
    """
    file = f"{folder}/Chart.yaml"
    entry = _chart_yaml(repository, head, file)
    text = _text(repository.blobs([entry.blob])[entry.blob], file)
    chart = parse_chart(text, file)
    follows = follows_version(chart.version, chart.app_version, style.app_version)
    stamped = stamp(text, str(version), str(version) if follows else None, file)
    if stamped == text:
        return head
    tree = _tree_with(repository, head, entry, stamped.encode())
    message = style.message.replace("{version}", str(version)).strip().encode() + b"\n"
    who = _identity(repository, head, style.author)
    return repository.git.made("commit-tree", tree, "-p", head, stdin=message, env=who)


def _chart_yaml(repository: Repository, head: str, file: str) -> Entry:
    entry = next(iter(repository.tree(head, file)), None)
    if entry is None or not entry.mode.startswith("100"):
        what = "is no plain file" if entry else "does not exist"
        hint = "check chart.path, or leave release.commit out"
        raise ConfigurationError("CHART_MISSING", f"it {what}, so no version can be committed", where=file, hint=hint)
    return entry


def _text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError("CHART_YAML", "it is not UTF-8", where=file, hint="save it as UTF-8") from None


def _tree_with(repository: Repository, head: str, entry: Entry, content: bytes) -> str:
    """The tree of head with other content in one file."""
    git = repository.git
    blob = git.made("hash-object", "-w", "--stdin", stdin=content)
    with scratch_directory("index") as scratch:
        own = {"GIT_INDEX_FILE": str(scratch / "index"), "GIT_OPTIONAL_LOCKS": "1"}
        git.made("read-tree", head, env=own)
        line = f"{entry.mode} {blob}\t".encode() + entry.path + b"\0"
        git.made("update-index", "-z", "--index-info", stdin=line, env=own)
        # A partial clone has no use for the blobs of all the other files.
        return git.made("write-tree", "--missing-ok", env=own)


def _identity(repository: Repository, head: str, author: str) -> dict[str, str]:
    seconds = repository.commit_object(head).time
    name, _, mail = author.rpartition(" <")
    who = {"NAME": name, "EMAIL": mail.removesuffix(">"), "DATE": f"@{seconds} +0000"}
    return {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in who.items()}
