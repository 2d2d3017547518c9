"""Accept the package of a release that Stage 6 did not make: show what differs, and write its digest down."""

from pathlib import Path

from jetscale_cicd.act.release.verify_chart import PublishedRelease, published_release
from jetscale_cicd.config.adopted import with_adopted
from jetscale_cicd.config.bounded_yaml import MAX_BYTES
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import ConfigurationError, Stage6Error
from jetscale_cicd.model.verification import Adoption
from jetscale_cicd.observe.git.tag_message import recorded_package
from jetscale_cicd.observe.settings import FILE
from jetscale_cicd.planning.rebuilt import compare_with_rebuild
from jetscale_cicd.tools.boundary import check_inside


def adopt(context: RunContext, tag: str) -> Adoption:
    """Write the digest of a release's package to the configuration file, which has to be committed then.

    Raises:
        ConfigurationError: ``RELEASE_RECORDED``, the tag records the digest already; ``CONFIG_UNEDITABLE`` or
            ``FILE_UNWRITABLE``.
        Stage6Error: the release or its package cannot be found.
    """
    published = published_release(context, tag)
    files, not_rebuilt = _compared(context, published)
    recorded = recorded_package(context.repository, tag)
    if recorded and (recorded.digest != published.answer.digest or not (files or not_rebuilt)):
        raise ConfigurationError(
            "RELEASE_RECORDED",
            f"{tag} was made by Stage 6, and its tag records {recorded.digest}",
            where=tag,
            hint=f"compare them: jetscale-cicd verify-chart {tag}",
        )
    file = context.request.config or context.repository.git.root / FILE
    check_inside(context.repository.git.root, file)
    replaced = _write(file, tag, published.answer.digest)
    return Adoption(
        release=published.release,
        reference=published.reference,
        digest=published.answer.digest,
        files=files,
        not_rebuilt=not_rebuilt,
        file=str(context.request.config or FILE),
        replaced="" if replaced == published.answer.digest else replaced,
    )


def _compared(context: RunContext, published: PublishedRelease) -> tuple[tuple[str, ...], str]:
    """What differs from a rebuild, or why there is none: an old release may lack what a rebuild needs."""
    try:
        rebuilt = compare_with_rebuild(context, published.release, published.chart, published.answer)
    except Stage6Error as unbuilt:
        return (), f"{unbuilt.message} ({unbuilt.where or unbuilt.code})"
    return rebuilt.files, ""


def _write(file: Path, tag: str, digest: str) -> str:
    """Write the digest, and return the one that the file had, which need not be committed yet; "" where it had none."""
    try:
        text = read_regular(file, MAX_BYTES + 1).decode("utf-8") if file.exists() else ""
        replaced = read_settings(text, file.name).chart.adopted.get(tag, "")
        file.write_bytes(with_adopted(text, tag, digest, file.name).encode())
        return replaced
    except UnicodeDecodeError:
        raise ConfigurationError("CONFIG_YAML", "it is not UTF-8", where=str(file), hint="save it as UTF-8") from None
    except OSError as unwritable:
        raise ConfigurationError(
            "FILE_UNWRITABLE",
            f"the configuration cannot be written: {unwritable.strerror}",
            where=str(file),
            hint=f"write it yourself, in the section chart: adopted: {{{tag}: {digest}}}",
        ) from None
