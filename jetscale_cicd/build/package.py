"""The step package: the chart of a commit as a reproducible archive (docs/how-it-works.md)."""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jetscale_cicd.build.archive import pack
from jetscale_cicd.build.dependencies import Sources, provide
from jetscale_cicd.build.release_commit import CommitStyle, release_commit
from jetscale_cicd.build.subcharts import check_files, in_chart
from jetscale_cicd.config.settings import AppVersionRule
from jetscale_cicd.decide.chart.annotate import REVISION, SOURCE, annotate
from jetscale_cicd.decide.chart.chart_lock import locked_dependencies
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.decide.chart.packed import content_digest, content_of, read_archive
from jetscale_cicd.decide.chart.schemas import check_schemas
from jetscale_cicd.decide.chart.stamp import follows_version, stamp
from jetscale_cicd.errors import ConfigurationError, PublishError
from jetscale_cicd.model.record import field, frozen, replace
from jetscale_cicd.model.release import Artifact, Present, Recorded
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.chart_diff import stamped_parent
from jetscale_cicd.observe.git.chart_name import chart_name
from jetscale_cicd.observe.git.files import export
from jetscale_cicd.observe.git.remote import is_truncated, unshallow
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.downloads import Downloads

# How many consecutive release commits are skipped at most.
_MAX_RELEASE_COMMITS = 20


@frozen(kw_only=True)
class Recipe:
    """The rules by which a commit is packed.

    Args:
        app_version: whether appVersion is stamped with the version.
        origin: whether annotations name the commit and the repository.
        compressed: whether the archive is compressed.
    """

    app_version: AppVersionRule
    origin: bool = True
    compressed: bool = True

    def __str__(self) -> str:
        return f"{self.app_version}{'' if self.origin else '-plain'}{'' if self.compressed else '-stored'}"


@frozen(kw_only=True)
class Packager:
    """Packages commits of one repository into a scratch directory, each commit and version once.

    Args:
        chart: the chart's folder, from the repository's root.
        mirrors: registry prefix → another registry or a directory.
        scratch: directory of this run.
        mirrors_beyond: whether a mirror may be a directory outside of the repository.
        registry: where the packages are published.
        app_version: whether appVersion is stamped with the version.
        source: web page of the repository from which a version was released, "" where there is none.
        recorded: what the tag of a version says of its package; None where no run has tagged this commit with it.
        has_release_commits: whether each release has a release commit, with the version in Chart.yaml.
        commit_style: how release commits are written.
    """

    repository: Repository
    helm: Helm
    chart: str
    mirrors: Mapping[str, str]
    scratch: Path
    mirrors_beyond: bool = True
    registry: str = ""
    app_version: AppVersionRule = "auto"
    source: Callable[[Version], str] = lambda _: ""
    recorded: Callable[[str, Version], Recorded | None] = lambda *_: None
    has_release_commits: bool = False
    commit_style: CommitStyle = CommitStyle()
    built: dict[tuple[str, Version], Artifact] = field(default_factory=dict)
    packed: dict[tuple[str, Version, Recipe], Artifact] = field(default_factory=dict)

    def released_commit(self, head: str, version: Version) -> str:
        """The commit that is packaged and tagged as ``version`` for head: its release commit, or head itself.

        Raises:
            ConfigurationError: the version cannot be written into Chart.yaml.
        """
        if not self.has_release_commits:
            return head
        return release_commit(self.repository, head, version, self.chart, self.commit_style)

    def package(self, commit: str, version: Version) -> Artifact:
        """The archive of ``commit`` as ``version``: committed bytes, with the version stamped, subcharts inside.

        That of a released version is built by the rules by which it was released.

        Raises:
            ConfigurationError: the chart, its lock or one of its files cannot be used as committed.
            PreconditionError: a subchart could not be fetched.
            PublishError: ``PACKAGE_FAILED``, helm refused the chart.
        """
        if (commit, version) not in self.built:
            recorded = self.recorded(commit, version)
            recipe = Recipe(app_version=self.app_version)
            self.built[commit, version] = (
                self.rebuild(commit, version, self._recipes(recorded), recorded.is_of)
                if recorded
                else self.pack(commit, version, recipe)
            )
        return self.built[commit, version]

    def _recipes(self, recorded: Recorded) -> Sequence[Recipe]:
        """The rules by which a run may have packed a version."""
        if not recorded.content:
            return (Recipe(app_version="version", compressed=False),)
        rules: tuple[AppVersionRule, ...] = (self.app_version, "auto", "keep", "version")
        return [Recipe(app_version=rule) for rule in dict.fromkeys(rules)]

    def rebuild(
        self, commit: str, version: Version, recipes: Sequence[Recipe], is_it: Callable[[Artifact], bool]
    ) -> Artifact:
        """The archive by the first of some rules that gives the right one; by the first of all where none does.

        Raises:
            Stage6Error: as ``package``.
        """
        made = (self.pack(commit, version, recipe) for recipe in recipes)
        return next(filter(is_it, made), None) or self.pack(commit, version, recipes[0])

    def holds(self, downloads: Downloads, answer: Present, commit: str, version: Version) -> bool:
        """Whether the registry holds the content of a commit; the artifact is then the archive that the registry holds.

        Raises:
            Stage6Error: as ``package``; or the registry's archive could not be read.
        """
        artifact = self.package(commit, version)
        if artifact.digest == answer.digest:
            return True
        if answer.digest == answer.manifest:  # it is no chart
            return False
        archive = downloads.archive(artifact.chart, str(version), answer)
        if content_of(archive.read_bytes()) != artifact.content:
            return False
        self.built[commit, version] = replace(artifact, digest=answer.digest, path=str(archive))
        return True

    def chart_name(self, commit: str) -> str:
        """Name of the chart at a commit, which the registry takes."""
        return chart_name(self.repository, commit, self.chart, self.registry)

    def pack(self, commit: str, version: Version, recipe: Recipe) -> Artifact:
        """The archive of a commit by one recipe.

        Raises:
            Stage6Error: as ``package``.
        """
        if (commit, version, recipe) not in self.packed:
            self.packed[commit, version, recipe] = self._pack(commit, version, recipe)
        return self.packed[commit, version, recipe]

    def _pack(self, commit: str, version: Version, recipe: Recipe) -> Artifact:
        work = self.scratch / f"{commit[:12]}-{version}-{recipe}"
        folder = work / "chart"
        export(self.repository, commit, self.chart, folder)
        where = f"{self.chart}/Chart.yaml"
        text = _read(folder / "Chart.yaml", where)
        chart = parse_chart(text, where)
        follows = follows_version(chart.version, chart.app_version, recipe.app_version)
        stamped = stamp(text, str(version), str(version) if follows else None, where)
        if self.repository.git.network and is_truncated(self.repository, commit):
            unshallow(self.repository, commit)
        revision, changed = self._revision(commit, recipe.app_version)
        if recipe.origin:
            stamped = self._annotated(stamped, revision, version)
        (folder / "Chart.yaml").write_bytes(stamped.encode())
        lock, lock_file = folder / "Chart.lock", f"{self.chart}/Chart.lock"
        locked = locked_dependencies(chart, _read(lock, lock_file) if lock.exists() else None, lock_file)
        provide(folder, chart, locked, self._sources(commit), self.helm)
        archive = self._packed_by_helm(folder, work / f"{chart.name}-{version}.tgz")
        files = in_chart(lambda: read_archive(archive.read_bytes()), self.chart)
        check_files(files, self.chart)
        check_schemas(files)
        content = pack(files, changed, compressed=recipe.compressed)
        archive.write_bytes(content)
        return Artifact(
            chart=chart.name,
            version=version,
            commit=commit,
            digest=digest_of(content),
            content=content_digest(files),
            path=str(archive),
        )

    def _annotated(self, text: str, revision: str, version: Version) -> str:
        """Chart.yaml with the origin of the package; without it where that would change something else."""
        where, source = f"{self.chart}/Chart.yaml", self.source(version)
        annotated = annotate(text, {REVISION: revision, **({SOURCE: source} if source else {})}, where)
        if annotated is None:
            self.helm.processes.announce(f"! {where}: annotations cannot be added without changing something else")
        return annotated or text

    def _packed_by_helm(self, folder: Path, archive: Path) -> Path:
        finished = self.helm.package(folder, archive.parent)
        if finished.status != 0 or not archive.is_file():
            raise PublishError(
                "PACKAGE_FAILED",
                f"helm package refused the chart: {failure_of(finished)}",
                where=self.chart,
                hint=f"try: helm lint --strict {self.chart}",
            )
        return archive

    def _revision(self, commit: str, rule: AppVersionRule) -> tuple[str, int]:
        """The last commit that changed the packaged content, and its time.

        Neither the packaged commit itself nor a release commit: a later commit that does not change the chart gives the
        same package, and so does the release commit.
        """
        revision, changed = self.repository.last_change(commit, self.chart)
        for _ in range(_MAX_RELEASE_COMMITS):
            parent = stamped_parent(self.repository, revision, self.chart, rule)
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

        return Sources(
            root=self.repository.git.root,
            mirrors=self.mirrors,
            export=export_beside,
            where=self.chart,
            beyond=self.mirrors_beyond,
        )


def _read(file: Path, where: str) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            "CHART_MISSING", "the chart's folder has no Chart.yaml", where=where, hint="check chart.path"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError("CHART_YAML", "the file is not UTF-8", where=where, hint="save it as UTF-8") from None
