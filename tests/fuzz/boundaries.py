"""Every function that reads what somebody else wrote, how it is called, what it may raise, and ordinary input for it.

``test_boundaries.py`` proves that none is missing.
"""

import base64
import gzip
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from jetscale_cicd.build import subcharts
from jetscale_cicd.build.clock import mentions_time
from jetscale_cicd.cli.arguments import event_of
from jetscale_cicd.config.adopted import with_adopted
from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.config.bounded_toml import TomlRefused, read_toml
from jetscale_cicd.config.bounded_yaml import load_documents, load_mapping
from jetscale_cicd.config.branch_match import check_match
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.release_rules import rules_of
from jetscale_cicd.config.saved_plan import load_saved_plan
from jetscale_cicd.decide.chart import schemas
from jetscale_cicd.decide.chart.annotate import annotate
from jetscale_cicd.decide.chart.chart_lock import chart_of, locked_dependencies
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.decide.chart.cluster_needs import cluster_needs
from jetscale_cicd.decide.chart.encrypted import check_decrypted
from jetscale_cicd.decide.chart.go_pattern import matches, parse_pattern
from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.decide.chart.packed import content_of, loaded_files, nested_files, read_archive
from jetscale_cicd.decide.chart.pointer import check_content
from jetscale_cicd.decide.chart.stamp import same_content, same_document, stamp
from jetscale_cicd.decide.cluster import drift, manifest_diff, manifest_text, masking, revisions
from jetscale_cicd.decide.cluster.diagnose import diagnose
from jetscale_cicd.decide.cluster.helm_errors import failed_at, was_rendered
from jetscale_cicd.decide.cluster.manifests import check_rendered_once, parse_manifests, secrets_in
from jetscale_cicd.decide.cluster.revision_record import is_newer, record_of
from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.decide.release.claims import Expected, Unreadable, differing, read_claims
from jetscale_cicd.decide.release.conventional import judge
from jetscale_cicd.decide.release.notes import release_notes
from jetscale_cicd.decide.release.provenance import MEDIA_TYPE
from jetscale_cicd.decide.release.tag_formats import ChartNames, in_the_way, other_formats
from jetscale_cicd.decide.release.web import web_address
from jetscale_cicd.decide.scope import Globs, pathspec
from jetscale_cicd.engines.render.directory import MANIFESTS, RECORD, read_output
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.capabilities import Capabilities
from jetscale_cicd.model.commit import Commit
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.ci.detect import read_event
from jetscale_cicd.observe.cluster.lease import end_of
from jetscale_cicd.observe.committed_text import text_of
from jetscale_cicd.observe.git.chart_diff import _same_in_package
from jetscale_cicd.observe.git.objects import message_of, parse_commit, parse_tree
from jetscale_cicd.observe.git.repository import literal, release_version
from jetscale_cicd.report.harmless import harmless, harmless_json
from jetscale_cicd.tools.api_object import read_object, status_of
from jetscale_cicd.tools.git.messages import without_progress
from jetscale_cicd.tools.github import hosts
from jetscale_cicd.tools.helm_storage import StoredRelease, UnreadableRelease
from jetscale_cicd.tools.http import Http, HttpAnswer, HttpFailure
from jetscale_cicd.tools.kubeconfig import current_context
from jetscale_cicd.tools.kubernetes import ServerClock
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.registry.answers import hint_for, manifest_answer, refusal_text
from jetscale_cicd.tools.registry.artifact import Document
from jetscale_cicd.tools.registry.authorization import Authorizer, Scope, TokenRefused
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.login import CredentialStore, Login
from jetscale_cicd.tools.registry.oci_api import OciApi
from jetscale_cicd.tools.registry.push_errors import PushPlace, push_failed, status_in
from jetscale_cicd.tools.registry.referrers import Referrers, _NotTaken
from jetscale_cicd.tools.retry import seconds_to_wait
from tests.fuzz import seeds
from tests.fuzz.mutate import JsonMutator, Mutator

Call = Callable[[bytes], object]
Pack = Callable[[Any, random.Random], bytes]
REDACT = Redactor.of(("s3cr3t-value",))
SCRATCH = Path(tempfile.gettempdir())


class Boundary(NamedTuple):
    """What reads foreign content.

    Args:
        call: reads it.
        seeds: ordinary inputs; values where it reads JSON.
        raises: what it may raise besides a ``Stage6Error``.
        signs: of the format.
        pack: makes the input of a value; None where the inputs are bytes, ``json`` where they are JSON.
        weight: how many inputs, of those of the others.
    """

    call: Call
    seeds: Sequence[Any]
    raises: tuple[type[Exception], ...] = ()
    signs: Sequence[bytes] = ()
    pack: Pack | str | None = None
    weight: int = 1

    def mutator(self, chance: random.Random) -> Callable[[], bytes]:
        """What makes inputs."""
        if self.pack is None:
            return Mutator(self.seeds, self.signs, chance)
        return JsonMutator(self.seeds, chance, None if isinstance(self.pack, str) else self.pack)

    def ordinary(self, chance: random.Random) -> list[bytes]:
        """The seeds as inputs."""
        if self.pack is None:
            return list(self.seeds)
        if isinstance(self.pack, str):
            return [json.dumps(each).encode() for each in self.seeds]
        return [self.pack(each, chance) for each in self.seeds]


def text(content: bytes) -> str:
    """As git's output and files are decoded where they may hold anything."""
    return content.decode("utf-8", "surrogateescape")


def replaced(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def of_file(call: Callable[[Path], object], name: str = "file") -> Call:
    """Reads a file."""

    def read(content: bytes) -> object:
        with tempfile.TemporaryDirectory(dir=SCRATCH) as directory:
            file = Path(directory, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            return call(file)

    return read


# --- configuration ------------------------------------------------------------------------------------------------


def adopt(content: bytes) -> None:
    with_adopted(replaced(content), "v1.2.3", f"sha256:{'a' * 64}", ".stage6.yaml")


def configuration(content: bytes) -> None:
    settings = read_settings(text_of(content, ".stage6.yaml"), ".stage6.yaml")
    Globs(settings.chart.watched).rule(b"charts/app/values.yaml")
    for target in settings.targets:
        Globs(target.watched).rule(b"envs/live/values.yaml")
    rules = BranchRules(globs=settings.release.branches)
    rules.releases("main", "main")


def pyproject(content: bytes) -> None:
    branches_of(rules_of({"pyproject.toml": text_of(content, "pyproject.toml")}))


def releaserc(content: bytes) -> None:
    branches_of(rules_of({"releaserc.json": text_of(content, "releaserc.json")}))


def branches_of(found: Any) -> None:
    rules = BranchRules(groups=found.branches)
    for name in ("main", "release/1.2", "a" * 255):
        rules.releases(name, "main")
        rules.makes_prereleases(name)
    judge([Commit("c" * 40, "feat: a\n\nb")], found.parser_options)


def branch_match(content: bytes) -> None:
    BranchRules(groups=rules_of({"releaserc.json": json.dumps(branch_group(replaced(content)))}).branches).releases(
        "a" * 120 + "/1.2", "main"
    )


def branch_group(match: str) -> object:
    return {"semantic_release": {"branches": {"main": {"match": match}}}}


# --- charts -------------------------------------------------------------------------------------------------------


def chart_yaml(content: bytes) -> None:
    parse_chart(replaced(content), "Chart.yaml")


def stamped(content: bytes) -> None:
    stamp(replaced(content), "1.2.3", "1.2.3", "Chart.yaml")
    annotate(replaced(content), {"org.opencontainers.image.revision": "a"}, "Chart.yaml")


def lock(content: bytes) -> None:
    chart = parse_chart(seeds.CHART_WITH_DEPENDENCIES.decode(), "Chart.yaml")
    chart_of(locked_dependencies(chart, replaced(content), "Chart.lock"))


def same(content: bytes) -> None:
    same_content(replaced(content), seeds.CHART.decode(), "auto")
    same_document(replaced(content), seeds.LOCK.decode())
    _same_in_package(b"Chart.yaml", content, seeds.CHART, "auto")
    _same_in_package(b"charts/a.tgz", content, content, "auto")


def helmignore(content: bytes) -> None:
    rules = HelmIgnore.parse(text(content), ".helmignore")
    for path in ("a", "charts/a/b.yaml", "é/ü", "a" * 255 + "/" + "b" * 255, "a/" * 100 + "a"):
        rules.ignores(path)


def go_pattern(content: bytes) -> None:
    chunks, _ = parse_pattern(content)
    for name in (b"abc", "é".encode() * 50, b"a" * 255, b"ab" * 100):
        matches(chunks, name)
        matches(chunks, name, whole=False)


def glob(content: bytes) -> None:
    with suppress(ValueError):  # the check of a glob in the configuration
        Target(name="live", watch=(replaced(content),))
        globs = Globs((replaced(content), "charts/**"))
        for path in (b"charts/app/values.yaml", b"a" * 255, b"a/" * 500 + b"b", content[:4000]):
            globs.rule(path)
        globs.may_match_below(b"charts")
        pathspec(replaced(content))


def values(content: bytes) -> None:
    load_mapping(content, "values.yaml", "VALUES")
    check_decrypted(content, "values.yaml")


def needs(content: bytes) -> None:
    found = cluster_needs({"app/Chart.yaml": content, "app/templates/a.yaml": content})
    list(found.guesses(Capabilities("", ())))


def archive(content: bytes) -> None:
    content_of(content)
    loaded_files(content)
    read_archive(content)
    schemas.check_schemas(nested_files(content))
    mentions_time(content)


def subchart(file: Path) -> None:
    subcharts.subcharts_of(file.parent, "charts")


def unpacked_subchart(file: Path) -> None:
    (file.parent / "Chart.yaml").write_bytes(file.read_bytes())
    subcharts.check_unpacked(file.parent, "charts/a")


def schema(content: bytes) -> None:
    schemas._check(content, "values.schema.json")


# --- versions and notes -------------------------------------------------------------------------------------------


def commit_message(content: bytes) -> None:
    judged = judge([Commit("c" * 40, replaced(content).strip("\n"))], {})
    release_notes(Version(1, 0, 0), judged, "why", "https://github.com/acme/stack")
    judge([Commit("c" * 40, replaced(content))], {"parse_squash_commits": False})


def version(content: bytes) -> None:
    for each in (replaced(content), text(content)):
        found = Version.parse(each)
        if found:
            _ = found.precedence, str(found), found.next_patch()


def tag(content: bytes) -> None:
    names = text(content).split("\n")
    for tag_format in ("v{version}", "app-{version}-x", "{version}"):
        for name in names:
            release_version(name, tag_format)
        other_formats(names, tag_format, ChartNames("app", "charts/app"))
    in_the_way(names[0], names)
    literal(content)


def remote_address(content: bytes) -> None:
    web_address(replaced(content))


# --- git's objects ------------------------------------------------------------------------------------------------


def commit(content: bytes) -> None:
    parse_commit(content, "c" * 40)
    message_of(content)


def tree(content: bytes) -> None:
    list(parse_tree(content, b"charts/", "a" * 40))


# --- the cluster --------------------------------------------------------------------------------------------------


def packed_release(value: Any, chance: random.Random) -> bytes:
    """A Secret of Helm's with this release; now and then with broken base64, gzip or JSON."""
    raw = json.dumps(value).encode() if not isinstance(value, bytes) else value
    zipped = gzip.compress(raw)
    if chance.random() < 0.1:
        zipped = Mutator([zipped], (), chance)()
    inner = base64.b64encode(zipped)
    outer = base64.b64encode(Mutator([inner], (), chance)() if chance.random() < 0.05 else inner).decode()
    secret: dict[str, Any] = {"metadata": {"name": "s", "labels": {"version": "1"}}, "data": {"release": outer}}
    if chance.random() < 0.1:
        secret = JsonMutator([secret], chance).changed(secret)
    return json.dumps(secret).encode()


def helm_secret(content: bytes) -> None:
    stored = StoredRelease.decode(read_object(content))
    _ = stored.under_way, stored.begun, stored.hooks
    here = stored.revision
    record_of(here), is_newer(here)
    revisions.is_rollback(here), revisions.rollback_to(here), revisions.is_rollback_candidate(here)
    revisions.failed_verification(here), revisions.is_ours(here)
    revisions.deployed_record(here, lambda _: None)
    masking.exposes(stored.config, ("global.password", "a.b"))
    stored.encode(status="failed", description="d", labels={"a": "b"})
    with suppress(Stage6Error):
        parse_manifests(stored.manifest.encode(), "release")


def api_object(content: bytes) -> None:
    end_of(read_object(content))


def api_refusal(content: bytes) -> None:
    status_of(content)


def drifted(content: bytes) -> None:
    live = read_object(content)
    drift.compare(live, seeds.DEPLOYMENT, masked=False)


def manifests(content: bytes) -> None:
    found = parse_manifests(content, "manifests")
    list(secrets_in(found, lambda name: "PASSWORD" in name))
    old = parse_manifests(seeds.MANIFESTS, "manifests")
    manifest_diff.compare_manifests(old, found, b"key", unstable=manifest_diff.compare_renders(found, old))
    manifest_diff.compare_images(old, found)
    for each in found:
        manifest_text.object_lines(manifest_text.masked(each.document, b"key"))
    check_rendered_once(found, "live", "n")


def helm_message(content: bytes) -> None:
    message = replaced(content)
    failed_at(message)
    was_rendered(message)
    diagnose(None, message)
    push_failed(message, status_in(message), PushPlace("oci://r/c", "r", "c"), 1)
    without_progress(message)
    harmless(message)
    harmless_json(message)
    REDACT(message)


# --- answers and files of programs --------------------------------------------------------------------------------


POOLS = Http(REDACT)


class Silent(Http):
    """An HTTP client whose every answer is this one; the address is looked at as it would be."""

    def _request(self, method: str, url: str, *_: Any) -> HttpAnswer:
        try:
            POOLS._pool(url)
        except ValueError as wrong:
            raise HttpFailure(str(wrong)) from None
        return self.answer

    answer: HttpAnswer


def answered(status: int, body: bytes, headers: Mapping[str, str]) -> Silent:
    http = Silent(REDACT)
    object.__setattr__(http, "answer", HttpAnswer(status, headers, body, seconds_to_wait(headers.get("retry-after"))))
    return http


def registry_answer(content: bytes) -> None:
    for status in (200, 404, 500):
        answer = HttpAnswer(status, {}, content)
        manifest_answer(answer, "r", REDACT)
        refusal_text(answer, "r", REDACT)
        hint_for(answer, "r")


def claims(content: bytes) -> None:
    """A statement of provenance, which anybody with the right to push may add."""
    read = read_claims(content)
    if not isinstance(read, Unreadable):
        differing(read, Expected(Release(Version(1, 0, 0), "v1.0.0", "a" * 40), "c", "sha256:a", "sha256:b"))


def referrers(content: bytes) -> None:
    """A list of what refers to a package, the manifests in it, and where an upload is to go."""
    words = content.decode("latin-1")
    for status in (200, 202):
        headers = {"link": words, "location": words, "content-type": words}
        found = Referrers(OciApi("r", answered(status, content, headers), lambda _: None), "c")
        found.find(digest_of(content), MEDIA_TYPE)
        with suppress(_NotTaken):
            found._upload(HttpAnswer(status, headers, content))
        found.attach(digest_of(content), Document(name="n", media_type=MEDIA_TYPE, predicate="p", content=b"{}"))


def token_answer(content: bytes) -> None:
    refused = HttpAnswer(401, {"www-authenticate": 'Bearer realm="https://t/token",service="r"'}, b"")
    Authorizer(answered(200, content, {}), Login("u", "p"), "r", False).grant(refused, "c", Scope.PULL)


def header(content: bytes) -> None:
    """A challenge, and what else a registry says in headers."""
    words = content.decode("latin-1")
    refused = HttpAnswer(401, {"www-authenticate": words, "retry-after": words, "location": words}, b"")
    seconds_to_wait(words)
    ServerClock().update(words)
    with suppress(HttpFailure, TokenRefused):
        Authorizer(answered(200, b'{"token": "t"}', {}), Login("u", "p"), "r", False).grant(refused, "c", Scope.PULL)
    api = OciApi("r", answered(202, b"", {}), lambda _: None)
    api._cancel("https://r/v2/c/blobs/uploads/", words, "c")


def realm(content: bytes) -> None:
    header(b'Bearer realm="' + content + b'",service="r"')


def quiet() -> Processes:
    return Processes(redact=Redactor.of(()), announce=lambda _: None)


def credentials(file: Path) -> None:
    env = {"DOCKER_CONFIG": str(file.parent), "HELM_REGISTRY_CONFIG": str(file), "HOME": str(file.parent), "PATH": ""}
    store = CredentialStore(quiet(), env)
    for host in ("ghcr.io", "docker.io", "r:5000"):
        if found := store.find(host):
            _ = found.basic
    store.stored_hosts({name: each for name, each in store.helm_content().items() if name != "credsStore"})


class Helper(Processes):
    """A credential helper that gives this answer."""

    answer: bytes

    def run(self, argv: Sequence[str], **_: Any) -> Any:
        from jetscale_cicd.tools.process import Finished

        return Finished(" ".join(argv), 0, self.answer, "", "")


def helper_answer(content: bytes) -> None:
    helper = Helper(redact=Redactor.of(()), announce=lambda _: None)
    object.__setattr__(helper, "answer", content)
    store = CredentialStore(helper, {})
    found = store._from_helper("x", "ghcr.io")
    _ = found and found.basic
    store.stored_hosts({"credsStore": "x"})


def kubeconfig(file: Path) -> None:
    current_context({"KUBECONFIG": str(file)})


def record(file: Path) -> None:
    (file.parent / MANIFESTS).touch()
    read_output(file.parent.parent, Target(name="live", output="out"))


def github_event(file: Path) -> None:
    for name in ("push", "pull_request", "merge_group", "workflow_run", "delete"):
        env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(file), "GITHUB_EVENT_NAME": name}
        event_of({**env, "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": "a" * 40})


def ci_variables(content: bytes) -> None:
    """The environment of a CI: NAME=value on lines."""
    lines = (line.partition("=") for line in replaced(content).split("\n"))
    env = {name: each for name, _, each in lines if name}
    read_event(env, None)
    hosts(env)


def _boundaries() -> Iterator[tuple[str, Boundary]]:
    yield "read_json", Boundary(read_json, seeds.JSONS, (JsonRefused,), pack="json")
    yield "read_toml", Boundary(lambda each: read_toml(replaced(each)), seeds.TOMLS, (TomlRefused,), seeds.TOML_SIGNS)
    yield "pyproject.toml", Boundary(pyproject, seeds.TOMLS, (), seeds.TOML_SIGNS, weight=2)
    yield "releaserc.json", Boundary(releaserc, seeds.RELEASERCS, pack="json", weight=2)
    yield "branch match", Boundary(branch_match, seeds.MATCHES, (), seeds.PATTERN_SIGNS, weight=2)
    yield "check_match", Boundary(lambda each: check_match(replaced(each)), seeds.MATCHES, (ValueError,))
    yield ".stage6.yaml", Boundary(configuration, seeds.CONFIGURATIONS, (), seeds.YAML_SIGNS, weight=3)
    yield ".stage6.yaml as JSON", Boundary(configuration, seeds.CONFIGURATION_VALUES, pack="json", weight=2)
    yield "adopted", Boundary(adopt, seeds.CONFIGURATIONS, (), seeds.YAML_SIGNS)
    yield "saved plan", Boundary(of_file(load_saved_plan), seeds.PLANS, pack="json")
    yield "Chart.yaml", Boundary(chart_yaml, seeds.CHARTS, (), seeds.YAML_SIGNS, weight=2)
    yield "Chart.yaml as JSON", Boundary(chart_yaml, seeds.CHART_VALUES, pack="json", weight=2)
    yield "stamp as JSON", Boundary(stamped, seeds.CHART_VALUES, pack="json")
    yield "stamp", Boundary(stamped, seeds.CHARTS, (), seeds.YAML_SIGNS)
    yield "Chart.lock", Boundary(lock, [seeds.LOCK], (), seeds.YAML_SIGNS)
    yield "Chart.lock as JSON", Boundary(lock, seeds.LOCK_VALUES, pack="json")
    yield "same content", Boundary(same, [*seeds.CHARTS, seeds.LOCK, *seeds.ARCHIVES], (), seeds.YAML_SIGNS)
    yield ".helmignore", Boundary(helmignore, seeds.IGNORES, (), seeds.GLOB_SIGNS, weight=2)
    yield "go pattern", Boundary(go_pattern, seeds.GLOBS, (), seeds.GLOB_SIGNS)
    yield "glob", Boundary(glob, seeds.GLOBS, (), seeds.GLOB_SIGNS, weight=2)
    yield "values", Boundary(values, seeds.VALUES, (), seeds.YAML_SIGNS, weight=3)
    yield "values as JSON", Boundary(values, seeds.JSONS, pack="json")
    yield "documents", Boundary(lambda each: load_documents(each, "a", "VALUES"), seeds.VALUES, (), seeds.YAML_SIGNS)
    yield "pointer", Boundary(lambda each: check_content(each, "a"), seeds.POINTERS)
    yield "cluster needs", Boundary(needs, seeds.TEMPLATES)
    yield "archive", Boundary(archive, seeds.ARCHIVES, weight=2)
    yield "tar", Boundary(lambda each: archive(gzip.compress(each, 1)), seeds.TARS, (), seeds.TAR_SIGNS, weight=2)
    yield "subchart", Boundary(of_file(subchart, "charts/a-1.0.0.tgz"), seeds.ARCHIVES)
    yield "unpacked subchart", Boundary(of_file(unpacked_subchart, "charts/a/Chart.lock"), [seeds.LOCK, seeds.CHART])
    yield (
        "unpacked subchart as JSON",
        Boundary(
            of_file(unpacked_subchart, "charts/a/Chart.lock"), [*seeds.LOCK_VALUES, *seeds.CHART_VALUES], pack="json"
        ),
    )
    yield "schema", Boundary(schema, seeds.SCHEMAS, pack="json")
    yield "commit message", Boundary(commit_message, seeds.MESSAGES, (), seeds.MESSAGE_SIGNS, weight=4)
    yield "version", Boundary(version, seeds.VERSIONS, (), (b".", b"-", b"+", b"0", "²".encode(), "٣".encode()))
    yield "tag", Boundary(tag, seeds.TAGS, (), (b"v", b".", b"-", b"/", b"1"))
    yield "remote address", Boundary(remote_address, seeds.REMOTES, (), (b"@", b":", b"/", b"://"))
    yield "commit", Boundary(commit, seeds.COMMITS, (), (b"tree ", b"parent ", b"committer "))
    yield "tree", Boundary(tree, seeds.TREES, (), (b"40000 ", b"100644 ", b"\0" + b"a" * 20))
    yield "Helm Secret", Boundary(helm_secret, seeds.RELEASES, (UnreadableRelease, JsonRefused), (), packed_release, 4)
    yield "API object", Boundary(api_object, seeds.OBJECTS, (JsonRefused,), pack="json")
    yield "API refusal", Boundary(api_refusal, seeds.STATUSES, pack="json")
    yield "drift", Boundary(drifted, [seeds.DEPLOYMENT], (JsonRefused,), pack="json")
    yield "manifests", Boundary(manifests, [seeds.MANIFESTS], (), seeds.YAML_SIGNS, weight=2)
    yield "manifests as JSON", Boundary(manifests, seeds.MANIFEST_VALUES, pack="json", weight=2)
    yield "helm message", Boundary(helm_message, seeds.HELM_MESSAGES)
    yield "registry answer", Boundary(registry_answer, seeds.ANSWERS, pack="json")
    yield "registry page", Boundary(registry_answer, seeds.PAGES, (), (b"<title", b"</title>", b"<", b">"))
    yield "provenance", Boundary(claims, seeds.STATEMENTS, pack="json", weight=2)
    yield "referrers", Boundary(referrers, seeds.REFERRERS, pack="json", weight=2)
    yield "upload", Boundary(referrers, seeds.HEADERS, (), seeds.HEADER_SIGNS)
    yield "token answer", Boundary(token_answer, seeds.TOKENS, (HttpFailure, TokenRefused), pack="json")
    yield "header", Boundary(header, seeds.HEADERS, (), seeds.HEADER_SIGNS, weight=2)
    yield "realm", Boundary(realm, seeds.REALMS, (), (b"[", b"]", b"@", b":", b"https://"))
    yield "credentials", Boundary(of_file(credentials, "config.json"), seeds.CREDENTIALS, pack="json", weight=2)
    yield "credential helper", Boundary(helper_answer, seeds.HELPER_ANSWERS, pack="json")
    yield "kubeconfig", Boundary(of_file(kubeconfig), seeds.KUBECONFIGS, (), seeds.YAML_SIGNS)
    yield "release.json", Boundary(of_file(record, f"out/{RECORD}"), seeds.RECORDS, pack="json")
    yield "GitHub event", Boundary(of_file(github_event), seeds.EVENTS, pack="json", weight=2)
    yield "CI variables", Boundary(ci_variables, seeds.VARIABLES, (), seeds.VARIABLE_SIGNS)


BOUNDARIES = dict(_boundaries())
