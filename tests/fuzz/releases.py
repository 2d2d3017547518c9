"""Tags, commit messages and git's objects."""

from jetscale_cicd.decide.release.conventional import judge
from jetscale_cicd.decide.release.notes import release_notes
from jetscale_cicd.decide.release.tag_formats import ChartNames, in_the_way, other_formats
from jetscale_cicd.decide.release.web import web_address
from jetscale_cicd.model.commit import Commit
from jetscale_cicd.model.credential import credentials_in_setting
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.objects import message_of, parse_commit, parse_tree
from jetscale_cicd.observe.git.repository import literal, release_version
from tests.fuzz.boundary import SHA, Boundary, replaced, text

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
SETTINGS = [
    b"http.https://github.com/.extraheader\nAUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46c2VjcmV0",
    b"remote.origin.url\nhttps://u:p@github.com/acme/stack.git",
]
COMMITS = [
    f"tree {SHA}\nparent {SHA}\nauthor A <a@b> 1767268800 +0000\ncommitter A <a@b> 1767268800 +0000\n"
    f"gpgsig -----BEGIN\n x\n -----END\n\nfeat: a\n".encode(),
    f"tree {SHA}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 99999999999999999999 +0000\nencoding x\n\n".encode(),
]
TREES = [
    b"100644 Chart.yaml\0" + b"a" * 20 + b"40000 templates\0" + b"b" * 20 + b"120000 link\0" + b"c" * 20,
    b"160000 module\0" + b"d" * 20 + b"100755 run\0" + b"e" * 20 + b"100664 old\0" + b"f" * 20,
]


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


def git_setting(content: bytes) -> None:
    key, _, value = text(content).partition("\n")
    credentials_in_setting(key, value)


def commit(content: bytes) -> None:
    parse_commit(content, "c" * 40)
    message_of(content)


def tree(content: bytes) -> None:
    list(parse_tree(content, b"charts/", "a" * 40))


BOUNDARIES = {
    "commit message": Boundary(commit_message, MESSAGES, (), MESSAGE_SIGNS, weight=4),
    "version": Boundary(version, VERSIONS, (), (b".", b"-", b"+", b"0", "²".encode(), "٣".encode())),
    "tag": Boundary(tag, TAGS, (), (b"v", b".", b"-", b"/", b"1")),
    "remote address": Boundary(remote_address, REMOTES, (), (b"@", b":", b"/", b"://")),
    "git setting": Boundary(git_setting, SETTINGS, (), (b"Authorization: ", b"basic ", b"://", b"@", b":", b"\n")),
    "commit": Boundary(commit, COMMITS, (), (b"tree ", b"parent ", b"committer ")),
    "tree": Boundary(tree, TREES, (), (b"40000 ", b"100644 ", b"\0" + b"a" * 20)),
}
