"""Releases of the chart that are tagged in another format than the configured one."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.release.tag_formats import ChartNames, TaggedRelease, other_formats
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.releases import Releases
from jetscale_cicd.observe.git.tag_names import begin_local_tag_names, local_tag_names, remote_tag_names

_SHOWN = 3


def first_release_blocker(
    context: RunContext, releases: Releases, chart: str, first: Version
) -> ConfigurationError | None:
    """Why a version would not be the first release; None where it is, or ``chart.first_version`` says that it shall be.

    Args:
        chart: name of the chart.
        first: the version.
    """
    if releases.all or context.settings.sets("chart.first_version"):
        return None
    repository = context.repository
    tags = local_tag_names(repository) if context.request.compares_only else remote_tag_names(repository)
    others = other_formats(tags, context.tag_format, ChartNames(chart, context.settings.chart.path))
    if not others:
        return None
    tag_format = next((each.tag_format for each in others if each.tag_format), "")
    go_on = f'to go on from them, set chart.tag_format: "{tag_format}"; ' if tag_format else ""
    return ConfigurationError(
        "TAGS_IN_ANOTHER_FORMAT",
        f"no tag has the format {context.tag_format}, and releases are tagged in another one: {_listed(others)}",
        where="chart.tag_format",
        hint=f"{go_on}to begin at {first} all the same, set chart.first_version: {first}",
    )


def begin_tag_format(context: RunContext, releases: Releases) -> None:
    """Begin what ``tag_format_blocker`` is going to ask."""
    if _is_unclear(context, releases):
        begin_local_tag_names(context.repository)


def _is_unclear(context: RunContext, releases: Releases) -> bool:
    """Whether there are releases of a format that nobody wrote down."""
    written = context.settings.chart.tag_format is not None or "tag_format" in context.rules.written
    return bool(releases.all) and not written


def tag_format_blocker(context: RunContext, releases: Releases, chart: str) -> ConfigurationError | None:
    """Why it is not clear which tags are the releases; None where it is, or the format is written down.

    Args:
        chart: name of the chart.
    """
    if not _is_unclear(context, releases):
        return None
    names = ChartNames(chart, context.settings.chart.path)
    highest, others = releases.all[0], other_formats(local_tag_names(context.repository), context.tag_format, names)
    higher = next((each for each in others if each.tag_format and each.core > highest.version.core), None)
    if higher is None:
        return None
    return ConfigurationError(
        "TAG_FORMAT_UNCLEAR",
        f"the highest release is {highest.tag}, and {higher.tag} is tagged in another format",
        where="chart.tag_format",
        hint=f'set chart.tag_format: "{higher.tag_format}" to go on from {higher.tag}, or "{context.tag_format}" to go '
        f"on from {highest.tag}",
    )


def _listed(others: tuple[TaggedRelease, ...]) -> str:
    more = f" and {len(others) - _SHOWN} other formats" if len(others) > _SHOWN else ""
    return ", ".join(each.tag for each in others[:_SHOWN]) + more
