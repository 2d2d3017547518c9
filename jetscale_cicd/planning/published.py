"""Is the package in the registry the one that was released? One that was replaced is not deployed."""

from collections.abc import Sequence
from pathlib import Path

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.chart.packed import nested_files
from jetscale_cicd.decide.chart.schemas import check_schemas
from jetscale_cicd.errors import CannotTellError, PublishError, Stage6Error, VerificationError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Present, Recorded, Release
from jetscale_cicd.observe.git.overtaken import who_made
from jetscale_cicd.observe.git.remote import TAGS, remote_of
from jetscale_cicd.observe.git.tag_message import recorded_package


@frozen(kw_only=True)
class Published:
    """A release, and what the registry holds under its version.

    Args:
        chart: name of the chart.
        targets: the decisions about the targets, with what is live on each.
        reserved: versions that runs are about to push, or were when they died.
        deploys: whether a target is going to get it.
    """

    release: Release
    chart: str
    answer: Present
    targets: Sequence[TargetDecision]
    reserved: Sequence[Release] = ()
    deploys: bool = True


def check_published(context: RunContext, published: Published) -> None:
    """Check that the published package is the one of the release.

    The release of a run is known by the digests in its tag. One that no run made, by a digest that the commit accepts
    (``chart.adopted``), by that of a deploy of this version, or because its tag rebuilds to the same content. What a
    tag says proves nothing where somebody may push tags and packages and no commits, so before it is deployed for the
    first time the package of a run is compared with its commit, too.

    Raises:
        PublishError: ``PUBLISHED_DIFFERS``.
    """
    tag, digest = published.release.tag, published.answer.digest
    if context.accepted.get(tag) == digest:
        return
    recorded, adopted = recorded_package(context.repository, tag), context.settings.chart.adopted.get(tag)
    if recorded:
        _check_recorded(context, published, recorded)
    if adopted:
        if adopted != digest:
            raise _replaced(
                context, published, f"{tag} was adopted with {adopted}, but the registry now holds {digest}"
            )
    elif recorded:
        if not _check_first_deploy(context, published):
            return
    elif not _check_unmanaged(context, published):
        return
    context.accepted[tag] = digest


def fetch_published(context: RunContext, release: Release, chart: str, answer: Present) -> Path:
    """The archive that the registry answered for, as helm may get it.

    Raises:
        PublishError: it cannot be read, or is another one.
        Stage6Error: it could be read in two ways, or refers to what is no part of it.
    """
    archive = context.downloads.archive(chart, str(release.version), answer)
    if archive not in context.inspected:
        check_schemas(nested_files(archive.read_bytes()))
        context.inspected.add(archive)
    return archive


def _check_recorded(context: RunContext, published: Published, recorded: Recorded) -> None:
    tag, digest = published.release.tag, published.answer.digest
    if recorded.digest == digest or (recorded.content and _content(context, published) == recorded.content):
        return
    raise _replaced(
        context, published, f"{tag} was released with {recorded.digest}, but the registry now holds {digest}"
    )


def _content(context: RunContext, published: Published) -> str:
    """The content of what is published: another archive may hold the same."""
    from jetscale_cicd.decide.chart.packed import content_of

    archive = context.downloads.archive(published.chart, str(published.release.version), published.answer)
    return content_of(archive.read_bytes())


def _check_first_deploy(context: RunContext, published: Published) -> bool:
    """Check the package of a tag that says what it holds; False where nothing depends on it yet."""
    if _was_deployed(published):
        return True
    if not (published.deploys and (context.request.acts or context.request.preflight)):
        return False
    if why := _why_not_rebuilt(context, published):
        raise _not_of_its_commit(context, published, f"the registry holds {published.answer.digest}, which {why}")
    return True


def _check_unmanaged(context: RunContext, published: Published) -> bool:
    """Check a release that no run made; False where nothing depends on it, so that it is not rebuilt."""
    release, digest = published.release, published.answer.digest
    for each in published.reserved:
        if each.tag == release.tag and each.commit != release.commit:
            raise PublishError(
                "PUBLISHED_DIFFERS",
                f"{release.tag} was tagged outside Stage 6 at {release.commit[:12]}, and a run published "
                f"{each.commit[:12]} as this version",
                where=context.registry.reference(published.chart, str(release.version)),
                hint=f"compare them: jetscale-cicd verify-chart {release.tag}; then release a new version",
            )
    if _was_deployed(published):
        return True
    deployed = set().union(*(_deployed_digests(each, published) for each in published.targets))
    if not (published.deploys or deployed):
        return False
    if why := _why_not_rebuilt(context, published):
        known = f"was deployed with {', '.join(sorted(deployed))}, and " if deployed else ""
        what = f"{release.tag} was not made by Stage 6, {known}the registry holds {digest}, which {why}"
        raise _not_of_its_commit(context, published, what)
    return True


def _was_deployed(published: Published) -> bool:
    """Whether each target that is to get the package has had it: what one of them records says nothing of the others.

    Where none is to get it, whether any has.
    """
    digest = published.answer.digest
    due = [each for each in published.targets if each.decision is not Decision.NOTHING]
    if not due:
        return any(digest in _deployed_digests(each, published) for each in published.targets)
    return all(digest in _deployed_digests(each, published) for each in due)


def _not_of_its_commit(context: RunContext, published: Published, message: str) -> PublishError:
    tag = published.release.tag
    who, remote = who_made(context.repository, TAGS + tag), remote_of(context.repository) or "origin"
    then = (
        f"accept the package if it is right (jetscale-cicd adopt {tag}, and commit .stage6.yaml), or delete the tag if "
        f"nobody of you made it (git push {remote} :{TAGS}{tag})"
    )
    return _differs(context, published, f"{message}; {tag} is {who}", then)


def _replaced(context: RunContext, published: Published, message: str) -> PublishError:
    then = "delete that version in the registry, so that the next run rebuilds it from its tag"
    return _differs(context, published, message, then)


def _deployed_digests(decided: TargetDecision, published: Published) -> set[str]:
    """Digests that a run recorded on a target when it deployed this version there."""
    live = decided.live
    if not isinstance(live, Deployed):
        return set()
    records = (live, *((live.revision.attempted,) if live.revision and live.revision.attempted else ()))
    version = str(published.release.version)
    return {record.digest for record in records if record.version == version and record.digest}


def _why_not_rebuilt(context: RunContext, published: Published) -> str:
    """What differs between the package and a rebuild of its tag, "" where nothing does.

    Raises:
        PublishError: it cannot be read, or is another one by now.
        CannotTellError: ``PACKAGE_UNPROVEN``, it cannot be rebuilt here.
    """
    from jetscale_cicd.planning.rebuilt import compare_with_rebuild

    tag, version = published.release.tag, str(published.release.version)
    context.downloads.archive(published.chart, version, published.answer)  # what cannot be read is its own error
    try:
        rebuilt = compare_with_rebuild(context, published.release, published.chart, published.answer)
    except VerificationError as refused:
        return f"is no package that is read: {refused.message}"
    except Stage6Error as unbuilt:
        raise CannotTellError(
            "PACKAGE_UNPROVEN",
            f"{tag} was not deployed here before, and cannot be rebuilt to compare its package with its commit: "
            f"{unbuilt.code}: {unbuilt.message}",
            where=unbuilt.where or context.registry.reference(published.chart, version),
            hint=f"{unbuilt.hint or 'run again'}; this job has to read the subcharts that Chart.lock names. Where that "
            f"cannot be, look at the package, and accept it: jetscale-cicd adopt {tag}, and commit .stage6.yaml",
        ) from None
    files = rebuilt.files
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"differs from a rebuild of the tag in {files[0][1:]}{more}" if files else ""


def _differs(context: RunContext, published: Published, message: str, then: str) -> PublishError:
    tag, version = published.release.tag, str(published.release.version)
    return PublishError(
        "PUBLISHED_DIFFERS",
        message,
        where=context.registry.reference(published.chart, version),
        hint=f"compare them: jetscale-cicd verify-chart {tag}; then {then}, or release a new version",
    )
