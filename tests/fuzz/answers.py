"""What registries and CIs answer, and the files of other programs."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jetscale_cicd.cli.arguments import event_of
from jetscale_cicd.decide.release.claims import Expected, Unreadable, differing, read_claims
from jetscale_cicd.decide.release.provenance import MEDIA_TYPE
from jetscale_cicd.engines.render.directory import MANIFESTS, RECORD, read_output
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.ci.detect import read_event
from jetscale_cicd.tools.github import hosts
from jetscale_cicd.tools.http import Http, HttpAnswer, HttpFailure
from jetscale_cicd.tools.kubeconfig import current_context
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.proxy_rules import ProxyUnreadableError, goes_directly, proxy_for
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.redirect_rules import redirected
from jetscale_cicd.tools.registry.answers import hint_for, manifest_answer, refusal_text
from jetscale_cicd.tools.registry.artifact import Document
from jetscale_cicd.tools.registry.authorization import Authorizer, Scope, TokenRefused
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.login import CredentialStore, Login
from jetscale_cicd.tools.registry.oci_api import OciApi
from jetscale_cicd.tools.registry.referrers import Referrers, _NotTaken
from jetscale_cicd.tools.retry import seconds_to_wait
from jetscale_cicd.tools.server_clock import ServerClock
from tests.fuzz.boundary import REDACT, SHA, YAML_SIGNS, Boundary, of_file, replaced, text

ANSWERS: list[Any] = [
    {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "no", "detail": {"tag": "1"}}]},
    {
        "schemaVersion": 2,
        "layers": [
            {
                "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                "digest": "sha256:" + "a" * 64,
                "size": 3,
            }
        ],
    },
    {"error": "invalid_grant", "error_description": "no"},
]
PAGES = [b"<html><head><title>404 Not Found</title></head></html>", b"denied: no basic auth\n", b"\0\1\2"]
TOKENS: list[Any] = [{"token": "abc", "expires_in": 300}, {"access_token": "abc"}]
STATEMENTS: list[Any] = [
    {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "c-1.0.0.tgz", "digest": {"sha256": "a" * 64}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://stage6.jetscale.ai/chart/v1",
                "externalParameters": {"chart": "c", "version": "1.0.0", "tag": "v1.0.0", "source": "https://x/y"},
                "resolvedDependencies": [{"uri": "git+https://x/y", "digest": {"gitCommit": "a" * 40}}],
            },
            "runDetails": {"builder": {"id": "https://b"}, "metadata": {"invocationId": "https://run"}},
        },
    }
]
REFERRERS: list[Any] = [
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {"digest": "sha256:" + "a" * 64, "size": 3, "artifactType": "application/vnd.in-toto+json"},
            {"digest": "x", "annotations": {"a": "b"}},
        ],
    },
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.in-toto+json",
        "subject": {"digest": "sha256:" + "a" * 64, "size": 3},
        "layers": [{"mediaType": "application/vnd.in-toto+json", "digest": "sha256:" + "b" * 64, "size": 3}],
    },
]
HEADERS = [
    b'Bearer realm="https://auth.example/token",service="r",scope="repository:c:pull"',
    b'Basic realm="x", Negotiate YII=, Bearer realm=https://t/',
    b"120",
    b"Fri, 31 Dec 1999 23:59:59 GMT",
    b"/v2/c/blobs/uploads/1?state=x",
]
HEADER_SIGNS = (
    b'="',
    b'",',
    b", ",
    b'\\"',
    b"Bearer ",
    b"realm=",
    b"=",
    b'"',
    b"\\",
    b"Mon, ",
    b" GMT",
    b"+9999",
    b":",
)
REALMS = [
    b"https://auth.example/token?a=b",
    b"https://[::1]:5000/t",
    b"http://127.0.0.1:5000/",
    b"https://u:p@h:99999/x",
]
PROXIES = [
    b"http://robot:p%40ss@proxy.example:3128/",
    b"proxy:3128",
    b"https://[::1]:3128",
    b"10.0.0.0/8, .example.com, 192.168.0.1:5000, [fe80::1]:443, ::ffff:10.0.0.0/104, *.x, b\xc3\xbccher.example:80",
]
CREDENTIALS: list[Any] = [
    {"auths": {"ghcr.io": {"auth": "dTpw"}, "https://index.docker.io/v1/": {"identitytoken": "t"}, "r:5000": {}}},
    {"auths": {"ghcr.io": {"username": "u", "password": "p"}, "r:5000": {"registrytoken": "x"}}, "HttpHeaders": {}},
    {"credHelpers": {"gcr.io": "gcloud"}, "auths": {"https://ghcr.io/v2/": {"auth": "w7w6w7w="}}},
]
HELPER_ANSWERS: list[Any] = [
    {"Username": "u", "Secret": "s", "ServerURL": "x"},
    {"Username": "<token>", "Secret": "s"},
    {"h": "u"},
]
KUBECONFIGS = [
    b"apiVersion: v1\nkind: Config\ncurrent-context: prod # the one\ncontexts: []\n",
    b'{"apiVersion": "v1", "current-context": "prod", "clusters": [{}]}',
]
RECORDS: list[Any] = [{"version": "1.2.3", "commit": SHA, "digest": "sha256:a", "values_digest": "sha256:b"}]
EVENTS: list[Any] = [
    {
        "ref": "refs/heads/main",
        "before": SHA,
        "after": SHA,
        "forced": False,
        "deleted": False,
        "repository": {"fork": False},
    },
    {
        "action": "opened",
        "pull_request": {
            "base": {"ref": "main", "sha": SHA},
            "head": {"ref": "x", "sha": SHA, "repo": {"full_name": "a/b"}},
            "merged": False,
        },
        "merge_group": {"head_sha": SHA, "base_sha": SHA, "base_ref": "refs/heads/main"},
        "workflow_run": {"event": "push", "conclusion": "success", "head_sha": SHA, "head_branch": "main"},
        "repository": {"full_name": "a/b", "default_branch": "main"},
    },
]
VARIABLES = [
    f"GITHUB_ACTIONS=true\nGITHUB_EVENT_NAME=push\nGITHUB_SHA={SHA}\nGITHUB_REF=refs/heads/main\n"
    f"GITHUB_SERVER_URL=https://github.com\nGITHUB_REPOSITORY=a/b\nGITHUB_RUN_ID=1".encode(),
    f"GITLAB_CI=true\nCI_PIPELINE_SOURCE=merge_request_event\nCI_COMMIT_SHA={SHA}\nCI_PIPELINE_URL=https://x/y".encode(),
    f"JENKINS_URL=x\nGIT_COMMIT={SHA}\nGIT_BRANCH=origin/main\nBUILD_URL=https://u:p@j/1".encode(),
    f"TF_BUILD=True\nBUILD_SOURCEVERSION={SHA}\nBUILD_REASON=PullRequest\nSYSTEM_COLLECTIONURI=https://x/".encode(),
    f"BITBUCKET_BUILD_NUMBER=1\nBITBUCKET_COMMIT={SHA}\nBITBUCKET_BRANCH=main".encode(),
    f"CIRCLECI=true\nCIRCLE_SHA1={SHA}\nCIRCLE_BRANCH=main".encode(),
    f"BUILDKITE=true\nBUILDKITE_COMMIT={SHA}\nBUILDKITE_BRANCH=main\nBUILDKITE_PULL_REQUEST=false".encode(),
]
VARIABLE_SIGNS = (
    b"=",
    b"\n",
    b"GITHUB_SERVER_URL=https://[::1\n",
    b"GH_HOST=",
    b"CI=true\n",
    b"0" * 40,
    b"refs/tags/v1",
)


POOLS = Http(REDACT)


class Silent(Http):
    """An HTTP client whose every answer is this one; the address is looked at as it would be."""

    def _request(self, question: Any, *_: Any) -> HttpAnswer:
        try:
            POOLS._pool(question.url)
            if location := self.answer.headers.get("location"):
                redirected(question.url, location, elsewhere=True)
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


def proxies(content: bytes) -> None:
    """Variables that name a proxy, and what uses none; and a host that a registry names."""
    words = text(content)
    for no_proxy in (words, "10.0.0.0/8,.example"):
        goes_directly(words, "443", no_proxy)
        goes_directly("10.1.2.3", "443", no_proxy)
    Redactor.of_environment([("https_proxy", words)])
    with suppress(ProxyUnreadableError):
        proxy = proxy_for("https://r.example/v2/", {"https_proxy": words})
        _ = proxy and proxy.authorization


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


BOUNDARIES = {
    "registry answer": Boundary(registry_answer, ANSWERS, pack="json"),
    "registry page": Boundary(registry_answer, PAGES, (), (b"<title", b"</title>", b"<", b">")),
    "provenance": Boundary(claims, STATEMENTS, pack="json", weight=2),
    "referrers": Boundary(referrers, REFERRERS, pack="json", weight=2),
    "upload": Boundary(referrers, HEADERS, (), HEADER_SIGNS),
    "token answer": Boundary(token_answer, TOKENS, (HttpFailure, TokenRefused), pack="json"),
    "header": Boundary(header, HEADERS, (), HEADER_SIGNS, weight=2),
    "realm": Boundary(realm, REALMS, (), (b"[", b"]", b"@", b":", b"https://")),
    "proxies": Boundary(proxies, PROXIES, (), (b"%", b"@", b":", b"[", b"]", b"/", b",", b"*.", b"::ffff:")),
    "credentials": Boundary(of_file(credentials, "config.json"), CREDENTIALS, pack="json", weight=2),
    "credential helper": Boundary(helper_answer, HELPER_ANSWERS, pack="json"),
    "kubeconfig": Boundary(of_file(kubeconfig), KUBECONFIGS, (), YAML_SIGNS),
    "release.json": Boundary(of_file(record, f"out/{RECORD}"), RECORDS, pack="json"),
    "GitHub event": Boundary(of_file(github_event), EVENTS, pack="json", weight=2),
    "CI variables": Boundary(ci_variables, VARIABLES, (), VARIABLE_SIGNS),
}
