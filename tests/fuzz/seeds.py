"""Ordinary inputs of every boundary, from which the others are made."""

import gzip
import io
import json
import tarfile
from typing import Any

from jetscale_cicd.model.revision import RollbackCause, RollbackRecord
from tests.support.helm_secret import ours, rolled_back, rolled_back_by_us, secret, unpacked

SHA = "a" * 40

# --- configuration ------------------------------------------------------------------------------------------------

JSONS: list[Any] = [{"a": [1, 2.5, "b", None, True], "c": {"d": {}}}, [], "text", 0]
TOMLS = [
    (
        b'[tool.semantic_release]\ntag_format = "v{version}"\nmajor_on_zero = true\ncommit_parser = "conventional"\n'
        b'[tool.semantic_release.branches.main]\nmatch = "(main|master)"\nprerelease = false\n'
        b"[tool.semantic_release.commit_parser_options]\nminor_tags = ['feat']\n"
    ),
    (
        b"[semantic_release]\nx.y.z = 1\na = [1, {b = 'c'}, 2026-01-01T00:00:00Z]\ns = '''\na\n'''\n"
        b't = """b\\\n  c"""\n'
    ),
]
TOML_SIGNS = (b"[[", b"]]", b"a.b.c", b'"""', b"'''", b" = ", b"{a = ", b"\n[a]\n", b".a" * 40, b"inf", b"0x", b"1979")
RELEASERCS: list[Any] = [
    {
        "semantic_release": {
            "tag_format": "v{version}",
            "commit_parser": "angular",
            "commit_parser_options": {"minor_tags": ["feat"], "default_bump_level": 0},
            "branches": {"main": {"match": "main"}, "rc": {"match": "rc/.*", "prerelease": True}},
            "remote": {"name": "origin"},
            "allow_zero_version": True,
        }
    }
]
MATCHES = [b"(main|master)", b".*", rb"release/\d+\.\d+\.x", b"(?!main)[a-z]+", b"*", rb"(?i)rc[-/](a|b)?"]
PATTERN_SIGNS = (
    b"*",
    b"+",
    b"?",
    b"(",
    b")",
    b"|",
    b"[",
    b"]",
    b"{2,}",
    b"(a+)+",
    b"\\",
    b"(?i)",
    b"(?P<a>",
    b"(a|a)*",
)
CONFIGURATIONS = [
    (
        b"chart:\n  registry: oci://r.example/charts\n  path: charts/app\n  watch: ['charts/**', README.md]\n"
        b"targets:\n  live:\n    namespace: shop\n    release: shop\n    values: [envs/live/values.yaml]\n"
        b"    timeout: 20m\n"
        b"  staging: {namespace: shop-s, release: shop, needs: [live], engine: render}\n"
        b"release: {branches: [main, 'release/*'], forks: false}\n"
    ),
    b'{"chart": {"registry": "../registry", "adopted": {"v1.0.0": "sha256:'
    + b"a" * 64
    + b'"}}, "targets": {"live": {}}}',
    b"targets:\n  live: {secrets: {global.password: PASSWORD}, kube_version: v1.30.0, api_versions: [a/v1]}\n",
]
CONFIGURATION_VALUES: list[Any] = [
    {
        "chart": {
            "registry": "oci://r.example/charts",
            "path": "charts/app",
            "watch": ["charts/**"],
            "first_version": "0.1.0",
            "mirrors": {"oci://a/b": "../mirror"},
            "adopted": {"v1.0.0": "sha256:" + "a" * 64},
            "default_bump": "patch",
        },
        "targets": {
            "live": {
                "namespace": "shop",
                "release": "shop",
                "values": ["envs/live/values.yaml"],
                "timeout": "20m",
                "secrets": {"global.password": "PASSWORD"},
                "kube_version": "v1.30.0",
                "api_versions": ["a/v1"],
            },
            "staging": {"namespace": "s", "release": "shop", "needs": ["live"], "engine": "render", "rollback": True},
        },
        "release": {"branches": ["main", "release/*"], "forks": False, "tag_format": "v{version}"},
    }
]
YAML_SIGNS = (
    *(b"\n  - ", b"\n- a: b", b"\n  a:", b": |\n", b": >-\n", b"---\n", b"...\n", b"%YAML 1.1\n", b"&a [*a]", b"*a"),
    *(
        b"[[[[",
        b"{{{{",
        b"!!int x",
        b"!!float .inf",
        b"<<: ",
        b"? ",
        b"0x_",
        b"0b1",
        b"1_0",
        b"-.inf",
        b".nan",
        b"y",
        b"0o7",
    ),
)
PLANS: list[Any] = [
    {
        "schema": 1,
        "decision": "publish",
        "version": "1.2.3",
        "changes": {"head": SHA},
        "request": {"since": "released", "base": None, "targets": ["live"], "engine": None, "registry": None},
        "steps": [{"name": "package", "target": None, "state": "needed", "command": "helm package"}],
    }
]

# --- charts -------------------------------------------------------------------------------------------------------

CHART = b"apiVersion: v2\nname: app\nversion: 0.0.0\nappVersion: '0.0.0'\nkubeVersion: '>=1.25.0-0'\n"
CHART_WITH_DEPENDENCIES = (
    CHART + b"dependencies:\n  - name: postgresql\n    version: 12.1.0\n    repository: https://charts.example.com\n"
    b"    alias: db\n    condition: db.enabled\n    tags: [a]\n    import-values: [data, {child: a, parent: b}]\n"
)
CHARTS = [CHART, CHART_WITH_DEPENDENCIES, b'{"apiVersion": "v2", "name": "app", "version": "1.0.0", "annotations": {}}']
CHART_VALUES: list[Any] = [
    {
        "apiVersion": "v2",
        "name": "app",
        "version": "1.0.0",
        "appVersion": "1.0.0",
        "type": "application",
        "dependencies": [
            {
                "name": "postgresql",
                "version": "12.1.0",
                "repository": "https://charts.example.com",
                "alias": "db",
                "condition": "db.enabled",
                "enabled": True,
                "tags": ["a"],
                "import-values": ["data", {"child": "a", "parent": "b"}],
            }
        ],
        "annotations": {"a": "b"},
    }
]
LOCK_VALUES: list[Any] = [
    {
        "dependencies": [{"name": "postgresql", "version": "12.1.0", "repository": "https://charts.example.com"}],
        "digest": "sha256:" + "a" * 64,
        "generated": "2026-01-01T00:00:00Z",
    }
]
LOCK = (
    b"dependencies:\n- name: postgresql\n  repository: https://charts.example.com\n  version: 12.1.0\n"
    b"digest: sha256:5c9d35fb2ea6e5fbd3f2e3ebb1c0ff4a5f6ac1bd1e1cca8bc6ec0e1d5fba1ac9\n"
    b'generated: "2026-01-01T00:00:00Z"\n'
)
IGNORES = [b"# comment\n.git/\n*.swp\n!keep\n/docs\nci/*.yaml\n[a-z]?\\*x\n", b"\xef\xbb\xbf*.tmp\r\ndocs/\r\n"]
GLOBS = [b"charts/**", b"envs/*/values-?.yaml", b"a/[[:alpha:]0-9]*/**/b", rb"a\*b", b"**/x", b"[!a-c]", b"*a*b*c"]
GLOB_SIGNS = (
    b"*",
    b"**",
    b"**/",
    b"?",
    b"[",
    b"]",
    b"[:",
    b":]",
    b"[[:alpha:]]",
    b"[a-",
    b"\\",
    b"/",
    b"!",
    b"^",
    b"-",
)
VALUES = [
    (
        b"global: {env: prod}\nimage:\n  tag: 1.10\n  pull: yes\nlist:\n- &a {x: 1}\n- *a\n- <<: *a\n  y: ~\n"
        b"text: |\n  a\n  b\n"
    ),
    b'{"a": [1, 2.5, "x", null], "b": {"c": 1e3, "d": 0x1F, "e": 2026-01-01}}',
    b"password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6638\n",
    b"a: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\nsops: {mac: x}\n",
    b"a: 1\n---\n# only a comment\n",
    b"1.5: !!binary QUJD\n2026-01-01: !!float 1\n1e30: .5\n-0b11: 0x1F\n",
]
POINTERS = [
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12\n",
    b"/annex/objects/SHA256E-s1--abc\n",
    b"\0GITCRYPT\0abc",
]
TEMPLATES = [
    (
        b'kubeVersion: ">=1.25.0 <1.31"\n{{ if semverCompare ">=1.21-0" .Capabilities.KubeVersion.Version }}\n'
        b'{{ .Capabilities.APIVersions.Has "networking.k8s.io/v1/Ingress" }}{{ lookup "v1" "Secret" "a" "b" }}'
        b"{{ now }}\n"
    )
]
SCHEMAS: list[Any] = [
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"a": {"$ref": "#/definitions/a"}},
        "definitions": {"a": {"type": "string", "enum": ["a", "b"]}},
    }
]


def packed(*files: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A chart archive."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", format=form) as archive:
        for name, text in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return content.getvalue()


ARCHIVES = [
    packed(("app/Chart.yaml", CHART), ("app/values.yaml", b"a: 1\n"), ("app/templates/a.yaml", TEMPLATES[0])),
    packed(
        ("app/Chart.yaml", CHART),
        ("app/" + "é" * 120, b"x"),
        ("app/values.schema.json", json.dumps(SCHEMAS[0]).encode()),
    ),
    packed(("a/Chart.yaml", CHART), ("a/b", b"x" * 3000), form=tarfile.GNU_FORMAT),
]

TARS = [gzip.decompress(each) for each in ARCHIVES]
TAR_SIGNS = (b"0" * 7, b"\x80" + b"\xff" * 11, b"x", b"g", b"L", b"ustar\x0000", b"20 path=a/b\n", b"../", b"\0" * 512)

# --- git ----------------------------------------------------------------------------------------------------------

MESSAGES = [
    b"feat(api)!: a thing (#12)\n\nIt does more.\n\nBREAKING CHANGE: another thing\n\nCloses: #1, #2\n",
    b"fix: a\n\n* fix: b c\n\n* feat: d e\n\nNOTICE: read this\nCo-authored-by: A <a@example.invalid>\n",
    (
        b"Squashed commit of the following:\n\ncommit 63ec09b\nAuthor: A <a@example.invalid>\nDate: x\n\n"
        b"    feat!: a part\n"
    ),
    b"Merge branch 'x'\n",
    b"chore(deps): bump a from 1.2.3 to 1.2.4\r\n\r\nSigned-off-by: B <b@example.invalid>\r\n",
]
MESSAGE_SIGNS = (
    *(
        b"feat: ",
        b"fix(",
        b"): ",
        b"!: ",
        b"BREAKING CHANGE: ",
        b"BREAKING-CHANGE: ",
        b"\n\n* ",
        b"\n\n- ",
        b"closes: #1",
    ),
    *(
        b"NOTICE: ",
        b"commit abc\n",
        b"Author: a\n",
        b"Date: b\n",
        b" " * 1000,
        b"\t",
        b"a@b.c",
        b"(#1)",
        b"Refs: ",
        b"\n\n",
    ),
)
VERSIONS = [b"1.2.3", b"1.2.3-rc.1+build.5", b"v1.2.3", b"0.0.0-a-b.0", b"18446744073709551615.0.0", b"1.2"]
TAGS = [b"v1.2.3\napp-1.2.3\n1.2.3", b"release/1.2\nchart_v0.1.0-x\nv1.2.3-rc1", b"v1.2.3/docs\nv1.2.3"]
REMOTES = [b"https://u:p@github.com/acme/stack.git", b"git@github.com:acme/stack.git", b"ssh://git@h:22/a/b", b"../x"]
COMMITS = [
    f"tree {SHA}\nparent {SHA}\nauthor A <a@b> 1767268800 +0000\ncommitter A <a@b> 1767268800 +0000\n"
    f"gpgsig -----BEGIN\n x\n -----END\n\nfeat: a\n".encode(),
    f"tree {SHA}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 99999999999999999999 +0000\nencoding x\n\n".encode(),
]
TREES = [
    b"100644 Chart.yaml\0" + b"a" * 20 + b"40000 templates\0" + b"b" * 20 + b"120000 link\0" + b"c" * 20,
    b"160000 module\0" + b"d" * 20 + b"100755 run\0" + b"e" * 20 + b"100664 old\0" + b"f" * 20,
]

# --- cluster ------------------------------------------------------------------------------------------------------

_RECORDED = ours(2)


def _legacy(description: str) -> Any:
    """A revision whose record has no schema yet, so that its description is read."""
    of = {"version": "0.1.0", "commit": SHA, "digest": "sha256:a", "values": "sha256:b", "run": "", "deploy": "d"}
    return secret(4, config={"global": {"stage6": of}}, description=description)


RELEASES: list[Any] = [
    unpacked(each)
    for each in (
        secret(1, hooks=[{"kind": "Job", "name": "migrate"}], manifest="kind: A\n", config={"a": {"b": 1}}),
        _RECORDED,
        ours(3, "failed", code="TIMEOUT"),
        rolled_back(3, 1, _RECORDED),
        rolled_back_by_us(3, RollbackRecord(of=2, to=1, cause=RollbackCause.FAILED_DEPLOY, code="X"), _RECORDED),
        *map(_legacy, ("Rollback to 1: revision 2 failed with TIMEOUT", "Rollback to 2: by hand, from revision 3")),
    )
]
_META = {"name": "a", "namespace": "n", "uid": "u", "annotations": {"meta.helm.sh/release-name": "app"}, "labels": {}}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": _META,
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}},
    "status": {"replicas": 2, "readyReplicas": 1, "conditions": [{"type": "Available", "status": "True"}]},
}
OBJECTS: list[Any] = [
    DEPLOYMENT,
    {"kind": "List", "metadata": {"continue": ""}, "items": [DEPLOYMENT, {"metadata": {"name": "b"}}]},
    {
        "kind": "Lease",
        "metadata": {"name": "l"},
        "spec": {"holderIdentity": "h", "leaseDurationSeconds": 30, "renewTime": "2026-01-01T10:00:00.000000Z"},
    },
]
STATUSES: list[Any] = [
    {
        "kind": "Status",
        "message": "forbidden",
        "reason": "Forbidden",
        "details": {"name": "n", "causes": [{"reason": "NamespaceTerminating"}]},
    }
]
MANIFESTS = (
    b"---\n# Source: app/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: czNjcjN0}\n"
    b"---\n# Source: app/templates/b.yaml\napiVersion: apps/v1\nkind: Deployment\n"
    b"metadata: {name: d, annotations: {a: b}}\n"
    b"spec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: i:1\n"
    b"        env: [{name: A_PASSWORD, value: x}]\n"
    b"---\napiVersion: v1\nkind: List\nitems: [{kind: ConfigMap, metadata: {name: m}, data: {t: |\n  a\t\n  b}}]\n"
).replace(b"{t: |\n  a\t\n  b}", b'{t: "a\\tb\\n"}')
MANIFEST_VALUES: list[Any] = [
    {**DEPLOYMENT, "metadata": {**_META, "annotations": {"helm.sh/hook": "pre-install"}}},
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "czNjcjN0"},
        "stringData": {"b": "c"},
    },
    {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"t": "a\tb"}}],
    },
]
HELM_MESSAGES = [
    b'Error: UPGRADE FAILED: cannot patch "a" with kind Deployment: admission webhook "x" denied the request\n',
    b"Error: INSTALLATION FAILED: another operation (install/upgrade/rollback) is in progress",
    (
        b"Error: failed to push: response status code 403: denied: ::error::[x] https://u:s3cr3t-value@h/ "
        b"s3cr3t-value\r 50%"
    ),
    b"Error: release app failed: context deadline exceeded: pre-upgrade hooks failed: object n/a apps/v1, Kind=Job",
]

# --- answers and files --------------------------------------------------------------------------------------------

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
