"""The step package: the chart of a commit as a reproducible archive (docs/how-it-works.md)."""

import posixpath
from collections.abc import Callable, Mapping
from pathlib import Path

from jetscale_cicd.build.archive import normalise
from jetscale_cicd.build.dependencies import Sources, provide
from jetscale_cicd.build.release_commit import release_commit
from jetscale_cicd.decide.chart.annotate import REVISION, SOURCE, annotate
from jetscale_cicd.decide.chart.chart_lock import locked_dependencies
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.decide.chart.stamp import stamp
from jetscale_cicd.errors import ConfigurationError, PublishError
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.release import Artifact
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.chart_diff import stamped_parent
from jetscale_cicd.observe.git.chart_name import chart_name
from jetscale_cicd.observe.git.files import export
from jetscale_cicd.observe.git.remote import is_truncated, unshallow
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.registry.digest import digest_of

# How many consecutive release commits are skipped at most.
_MAX_RELEASE_COMMITS = 20


@frozen(kw_only=True)
class Packager:
    """Packages commits of one repository into a scratch directory, each commit and version once.

    Args:
        chart: the chart's folder, from the repository's root.
        mirrors: registry prefix → another registry or a directory.
        scratch: directory of this run.
        registry: where the packages are published.
        source: web page of the repository from which a version was released, "" where there is none.
        has_release_commits: whether each release has a release commit, with the version in Chart.yaml.
    """

    repository: Repository
    helm: Helm
    chart: str
    mirrors: Mapping[str, str]
    scratch: Path
    registry: str = ""
    source: Callable[[Version], str] = lambda _: ""
    has_release_commits: bool = False
    built: dict[tuple[str, Version], Artifact] = field(default_factory=dict)

    def released_commit(self, head: str, version: Version) -> str:
        """The commit that is packaged and tagged as ``version`` for head: its release commit, or head itself.

        Raises:
            ConfigurationError: the version cannot be written into Chart.yaml.
        """
        return release_commit(self.repository, head, version, self.chart) if self.has_release_commits else head

    def package(self, commit: str, version: Version) -> Artifact:
        """The archive of ``commit`` as ``version``: committed bytes, version and appVersion stamped, subcharts inside.

        Raises:
            ConfigurationError: the chart, its lock or one of its files cannot be used as committed.
            PreconditionError: a subchart could not be fetched.
            PublishError: ``PACKAGE_FAILED``, helm refused the chart.
        """
        if (commit, version) not in self.built:
            self.built[commit, version] = self._package(commit, version)
        return self.built[commit, version]

    def chart_name(self, commit: str) -> str:
        """Name of the chart at a commit, which the registry takes."""
        return chart_name(self.repository, commit, self.chart, self.registry)

    def _package(self, commit: str, version: Version) -> Artifact:
        work = self.scratch / f"{commit[:12]}-{version}"
        folder = work / "chart"
        export(self.repository, commit, self.chart, folder)
        chart_yaml = folder / "Chart.yaml"
        where = f"{self.chart}/Chart.yaml"
        text = _read(chart_yaml, where)
        chart = parse_chart(text, where)
        stamped = stamp(text, str(version), str(version), where)
        if self.repository.git.network and is_truncated(self.repository, commit):
            unshallow(self.repository, commit)
        revision, changed = self._revision(commit)
        source = self.source(version)
        annotated = annotate(stamped, {REVISION: revision, **({SOURCE: source} if source else {})}, where)
        if annotated is None:
            self.helm.processes.announce(f"! {where}: annotations cannot be added without changing something else")
        chart_yaml.write_bytes((annotated or stamped).encode())
        lock = folder / "Chart.lock"
        locked = locked_dependencies(
            chart, _read(lock, f"{self.chart}/Chart.lock") if lock.exists() else None, f"{self.chart}/Chart.lock"
        )
        provide(folder, chart, locked, self._sources(commit), self.helm)
        finished = self.helm.package(folder, work)
        archive = work / f"{chart.name}-{version}.tgz"
        if finished.status != 0 or not archive.is_file():
            raise PublishError(
                "PACKAGE_FAILED",
                f"helm package refused the chart: {failure_of(finished)}",
                where=self.chart,
                hint=f"try: helm lint --strict {self.chart}",
            )
        content = normalise(archive.read_bytes(), changed)
        archive.write_bytes(content)
        return Artifact(chart=chart.name, version=version, commit=commit, digest=digest_of(content), path=str(archive))

    def _revision(self, commit: str) -> tuple[str, int]:
        """The last commit that changed the packaged content, and its time.

        Neither the packaged commit itself nor a release commit: a later commit that does not change the chart gives the
        same package, and so does the release commit.
        """
        revision, changed = self.repository.last_change(commit, self.chart)
        for _ in range(_MAX_RELEASE_COMMITS):
            parent = stamped_parent(self.repository, revision, self.chart)
            if parent is None:
                break
            revision, changed = self.repository.last_change(parent, self.chart)
        return revision, changed

    def _sources(self, commit: str) -> Sources:
        def export_beside(relative: str, destination: Path) -> str:
            folder = posixpath.normpath(posixpath.join(self.chart, relative))
            if folder.startswith(("../", "/")) or folder in ("..", "."):
                raise ConfigurationError(
                    "LINK_ESCAPES", f"file://{relative} points outside the repository", where=f"{self.chart}/Chart.yaml"
                )
            export(self.repository, commit, folder, destination)
            return folder

        return Sources(root=self.repository.git.root, mirrors=self.mirrors, export=export_beside, where=self.chart)


def _read(file: Path, where: str) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            "CHART_MISSING", "the chart's folder has no Chart.yaml", where=where, hint="check chart.path"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError("CHART_YAML", "the file is not UTF-8", where=where, hint="save it as UTF-8") from None
