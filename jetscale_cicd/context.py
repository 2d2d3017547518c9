"""The context of a run: repository, settings, registry, helm and scratch space, each opened once."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.ci.detect import whole_history
from jetscale_cicd.observe.git.comparison import begin_expected_diff, find_head
from jetscale_cicd.observe.git.releases import begin_releases
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.observe.git.worktree import with_worktree
from jetscale_cicd.observe.secret_values import learn_secrets
from jetscale_cicd.tools.git import open_repository
from jetscale_cicd.tools.paths import check_encoding
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.scratch import scratch_directory, sweep_scratch
from jetscale_cicd.tools.worker import named, worker

if TYPE_CHECKING:
    from jetscale_cicd.build.package import Packager
    from jetscale_cicd.config.release_rules import ReleaseRules
    from jetscale_cicd.config.settings import Settings
    from jetscale_cicd.model.release import Recorded
    from jetscale_cicd.tools.helm import Helm
    from jetscale_cicd.tools.kubernetes import Kubernetes
    from jetscale_cicd.tools.process import Announce, Processes
    from jetscale_cicd.tools.registry.downloads import Downloads
    from jetscale_cicd.tools.registry.interface import Registry
    from jetscale_cicd.tools.registry.login import CredentialStore


@frozen
class RunContext:
    """The request with the tools that serve it; each is opened at its first use, because a decision needs few of them.

    Args:
        request: the request, with head set to a snapshot of the work tree where uncommitted changes count.
        repository: the repository around ``request.repo``.
        head: full name of the commit to decide for, whose configuration holds.
        settings, rules: its ``.stage6.yaml``, and its configuration of python-semantic-release.
        redact, announce: masks secrets in every output; shows one line of progress.
        show: shows rows that change in place; False where there is no terminal for them.
        closing: closed at the end of the run.
        accepted: by its tag the digest of each published package that was found to be that of its release.
        inspected: the downloaded archives that helm may get.
        rendered: the manifests of each target and archive that a precondition rendered.
    """

    request: Request
    repository: Repository
    head: str
    settings: "Settings"
    rules: "ReleaseRules"
    redact: Redactor
    announce: "Announce"
    show: Callable[[Sequence[str]], bool]
    closing: ExitStack = field(repr=False)
    clusters: "dict[str, Kubernetes]" = field(default_factory=dict, repr=False)
    accepted: dict[str, str] = field(default_factory=dict, repr=False)
    inspected: set[Path] = field(default_factory=set, repr=False)
    rendered: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False)

    @property
    def tag_format(self) -> str:
        """Name of a release tag: as configured here, as in python-semantic-release, or ``v{version}``."""
        return self.settings.chart.tag_format or self.rules.tag_format or "v{version}"

    @cached_property
    def branches(self) -> BranchRules:
        """Which branches are released; the one that gets release commits is, where nothing names them."""
        release = self.settings.release
        globs = release.branches or ((release.branch,) if release.branch else ())
        return BranchRules(globs=globs, groups=self.rules.branches)

    @property
    def needed(self) -> "tuple[Target, ...]":
        """The targets that were not asked for, and are observed because one of the others needs them."""
        return () if self.request.compares_only else self.settings.needed

    @cached_property
    def scratch(self) -> Path:
        """A directory for this run alone, removed at its end."""
        return self.closing.enter_context(scratch_directory())

    @cached_property
    def secret_scratch(self) -> Path:
        """Another one for files with secrets, in memory where the system can."""
        return self.closing.enter_context(scratch_directory("secret", secret=True))

    @cached_property
    def mask(self) -> bytes:
        """The key of the masks of this run, so that no secret can be guessed from its mask."""
        return os.urandom(32)

    @cached_property
    def processes(self) -> "Processes":
        """Starts every program except git."""
        from jetscale_cicd.tools.process import Processes

        return Processes(self.redact, self.announce, verbose=self.request.verbose)

    @cached_property
    def logins(self) -> "CredentialStore":
        """Finds registry credentials."""
        from jetscale_cicd.tools.registry.login import CredentialStore

        return CredentialStore(self.processes, dict(os.environ))

    @cached_property
    def _registry_config(self) -> Path | None:
        """A registry configuration for helm with the login of the environment, beside the user's own logins."""
        from jetscale_cicd.tools.registry.helm_config import write_config
        from jetscale_cicd.tools.registry.hosts import split_reference

        url = self.settings.chart.registry
        login = self.logins.from_environment() if self.request.network and url.startswith("oci://") else None
        file = self.secret_scratch / "registry.json"
        return write_config(login, split_reference(url)[0], self.logins, file) if login else None

    @cached_property
    def helm(self) -> "Helm":
        """helm without plugins; without network and credentials where the request uses no network."""
        from jetscale_cicd.tools.helm import Helm

        return Helm(self.processes, self.scratch, self.request.network, registry_config=self._registry_config)

    def kubernetes(self, target: Target) -> "Kubernetes | NotObserved":
        """The API of a target's cluster, through one kubectl proxy for each context, which is started without waiting.

        Raises:
            PreconditionError: ``TOOL_MISSING``, there is a kubeconfig, but no kubectl.
        """
        if not self.request.network:
            return NotObserved("this command uses no network")
        if target.context not in self.clusters:
            from jetscale_cicd.tools.kubeconfig import current_context, has_kubeconfig

            if not has_kubeconfig(os.environ):
                return NotObserved("there is no kubeconfig")
            self.clusters[target.context] = self._open_kubernetes(target.context or current_context(os.environ))
        return self.clusters[target.context]

    def _open_kubernetes(self, context: str) -> "Kubernetes":
        from jetscale_cicd.tools.kubernetes import open_kubernetes
        from jetscale_cicd.tools.process import tool_environment

        opened = open_kubernetes(self.processes, tool_environment(os.environ), context, self.scratch)
        return self.closing.enter_context(opened)

    @cached_property
    def registry(self) -> "Registry":
        """Where versions are published."""
        url = self.settings.chart.registry
        if not url.startswith("oci://"):
            from jetscale_cicd.tools.registry.directory import open_directory

            return open_directory(url, self.repository.git.root)
        from jetscale_cicd.tools.http import Http
        from jetscale_cicd.tools.registry.hosts import split_reference
        from jetscale_cicd.tools.registry.oci import OciRegistry
        from jetscale_cicd.tools.registry.oci_api import OciApi

        http = Http(self.redact, announce=self.announce)
        http.prepare()
        api = OciApi(split_reference(url)[0], http, self.logins.find, self.settings.chart.plain_http)
        return OciRegistry(url, self.helm, api, self.scratch)

    @cached_property
    def downloads(self) -> "Downloads":
        """What is read from the registry, each package once."""
        from jetscale_cicd.tools.registry.downloads import Downloads

        return Downloads(self.registry, self.scratch)

    @cached_property
    def web(self) -> str:
        """Web page of the repository, "" where it has none."""
        from jetscale_cicd.decide.release.web import web_address
        from jetscale_cicd.observe.git.remote import remote_of

        remote = remote_of(self.repository)
        return web_address(self.repository.remote_url(remote)) if remote else ""

    @cached_property
    def github(self) -> str:
        """Page of the repository at GitHub, where Releases are configured and the remote is at GitHub; else ""."""
        from jetscale_cicd.tools.github import hosts

        if not (self.settings.release.github and self.web):
            return ""
        return self.web if self.web.split("/")[2] in hosts(os.environ) else ""

    def _source(self, version: Version) -> str:
        """Source page of a package: of a released version the one in its tag, whatever the remote of this clone."""
        from jetscale_cicd.observe.git.tag_message import recorded_source

        recorded = recorded_source(self.repository, self.tag_format.replace("{version}", str(version)))
        return self.web if recorded is None else recorded

    def _recorded(self, commit: str, version: Version) -> "Recorded | None":
        """What the tag of a version at this commit says of its package."""
        from jetscale_cicd.observe.git.tag_message import recorded_package

        tag = self.tag_format.replace("{version}", str(version))
        return recorded_package(self.repository, tag) if self.repository.find(f"refs/tags/{tag}")[0] == commit else None

    @cached_property
    def packager(self) -> "Packager":
        """Packages commits of the repository."""
        from jetscale_cicd.build.package import Packager
        from jetscale_cicd.build.release_commit import CommitStyle

        chart, release = self.settings.chart, self.settings.release
        return Packager(
            repository=self.repository,
            helm=self.helm,
            chart=chart.path,
            mirrors=chart.mirrors,
            mirrors_beyond=not self.request.compares_only or self.request.config is not None,
            scratch=self.scratch,
            registry=chart.registry,
            app_version=chart.app_version,
            source=self._source,
            recorded=self._recorded,
            has_release_commits=release.commit,
            commit_style=CommitStyle(release.commit_message, release.commit_author, chart.app_version),
        )


def _announce_redacted(announce: "Announce", redact: Redactor, line: str) -> None:
    named(announce)(redact(line))


def _alone(show: Callable[[Sequence[str]], bool]) -> Callable[[Sequence[str]], bool]:
    """Only one table can change in place: of targets that are changed side by side, each change is a line."""
    return lambda rows: worker() is None and show(rows)


@contextmanager
def open_context(
    request: Request,
    announce: "Announce",
    redact: Redactor | None = None,
    show: Callable[[Sequence[str]], bool] = lambda _: False,
    *,
    plans: bool = False,
) -> Iterator[RunContext]:
    """Open what every command needs, and close everything at the end.

    Args:
        redact: the redactor of the output, so that it masks the secrets that are found during the run.
        show: shows the rows of a table in place, where there is a terminal.
        plans: a plan is going to be made, so git begins with its part while modules are imported.

    Raises:
        ConfigurationError: there is no repository, or the configuration of its commit cannot be used.
        CannotTellError: the commit, or its configuration, is not here and could not be fetched.
        PreconditionError: as ``check_encoding``.
    """
    redact = redact or Redactor.of_environment(os.environ.items())
    check_encoding()
    sweep_scratch()
    with ExitStack() as closing:
        git = closing.enter_context(open_repository(request.repo, network=request.network, redact=redact))
        repository = Repository(git, whole_history(request.event.ci))
        if plans:
            begin_expected_diff(repository, request)
        if request.worktree:
            repository, request = with_worktree(repository, request, closing)
        head = find_head(repository, request)
        from jetscale_cicd.observe.settings import load_configuration

        settings, rules = load_configuration(repository, head, request)
        learn_secrets(redact, settings)
        say = partial(_announce_redacted, announce, redact)
        context = RunContext(request, repository, head, settings, rules, redact, say, _alone(show), closing)
        _begin_plan(context) if plans else _show_notes(context)
        yield context


def _show_notes(context: RunContext) -> None:
    for note in context.settings.notes:  # a plan has them
        context.announce(f"! {note}")


def _begin_plan(context: RunContext) -> None:
    request = context.request
    ask_remote = request.network and not request.compares_only and not context.settings.release.commit
    begin_releases(context.repository, context.tag_format, context.branches, ask_remote=ask_remote)
