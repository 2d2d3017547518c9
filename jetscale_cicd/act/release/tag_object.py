"""The annotated tag of a release as an object, without a ref: a run that dies before its push leaves nothing behind.

git signs tags only while it creates their ref. So it does that in a repository of its own, which has the objects and
the settings of this one, and the signature is what git makes with the user's program: gpg, gpgsm or ssh.
"""

import time
from collections.abc import Mapping

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.scratch import scratch_directory

_TRUE = ("true", "yes", "on", "1")


def signs_tags(repository: Repository, configured: bool) -> bool:
    """Whether tags are signed: where the repository's configuration wants it, or git's (``tag.gpgSign``)."""
    return configured or repository.git.config.get("tag.gpgsign", "").lower() in _TRUE


def make_tag(repository: Repository, release: Release, message: str, *, sign: bool = False) -> str:
    """Make the tag.

    Args:
        message: release notes and trailers.
        sign: sign it, as git is configured to (``gpg.format``, ``user.signingKey``), also where git itself would not.

    Raises:
        PublishError: ``TAG_UNSIGNED``, git or its signing program did not sign.
        CannotTellError: ``GIT_FAILED``, or ``SIGNER_SILENT``, the signing program does not end.
    """
    text = f"{release.tag}\n\n{message}".encode("utf-8", "replace")
    who, mail = repository.identity
    date = f"{int(time.time())} +0000"
    if signs_tags(repository, sign):
        tagger = {"NAME": who, "EMAIL": mail, "DATE": f"@{date}"}
        return _signed(repository, release, text, {f"GIT_COMMITTER_{part}": value for part, value in tagger.items()})
    header = f"object {release.commit}\ntype commit\ntag {release.tag}\ntagger {who} <{mail}> {date}\n\n"
    return repository.git.made("mktag", stdin=header.encode("utf-8", "replace") + text)


def _signed(repository: Repository, release: Release, text: bytes, tagger: dict[str, str]) -> str:
    git = repository.git
    with scratch_directory("tag") as directory:
        for name in ("objects", "refs"):
            (directory / name).mkdir()
        (directory / "HEAD").write_text("ref: refs/heads/none\n")
        (directory / "config").write_text(_config(git.settings, len(release.commit)), "utf-8", "surrogateescape")
        env = {**tagger, "GIT_DIR": str(directory), "GIT_OBJECT_DIRECTORY": str(git.common_dir.absolute() / "objects")}
        options = ("--sign", "--cleanup=verbatim", "--file=-")
        result = git.write("tag", *options, release.tag, release.commit, stdin=text, env=env)
        if result.status != 0:
            reason = " ".join(result.stderr.split())
            raise PublishError(
                "TAG_UNSIGNED",
                f"git did not sign the tag {release.tag}: {reason}",
                where="release.sign_tags",
                hint="check gpg.format and user.signingKey: git tag --sign has to work here without a question",
            )
        return (directory / "refs" / "tags" / release.tag).read_text(encoding="ascii").strip()


def _config(settings: Mapping[str, tuple[str, ...]], name_size: int) -> str:
    """The configuration of a repository that signs as this one.

    Not an include of its file: git may include others by the place of a repository (``includeIf``), which is not this.
    """
    sha256 = name_size == 64
    lines = ["[core]", f"repositoryFormatVersion = {1 if sha256 else 0}", "bare = true"]
    lines += ["[extensions]", "objectFormat = sha256"] if sha256 else []
    for key, values in settings.items():
        section, _, name = key.rpartition(".")
        if section == "gpg" or section.startswith("gpg.") or key == "user.signingkey":
            outer, dot, inner = section.partition(".")
            lines += [f"[{outer} {_quoted(inner)}]" if dot else f"[{outer}]"]
            lines += [f"{name} = {_quoted(value)}" for value in values]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    """As git-config(1), "Syntax", wants a value."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
