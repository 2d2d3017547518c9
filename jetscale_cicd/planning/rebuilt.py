"""A release rebuilt from its tag, compared with what the registry holds: file by file, whatever the archives are."""

from pathlib import Path

from jetscale_cicd.build.package import Recipe
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.chart.packed import PackedFile, read_archive
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Artifact, Present, Recorded, Release
from jetscale_cicd.observe.git.tag_message import recorded_package


@frozen(kw_only=True)
class Rebuilt:
    """The package of a release's tag beside the published one.

    Args:
        artifact: built from the tag.
        recorded: what the tag says of the package; None where no run made it.
        files: what differs, each as ``+name`` (published only), ``-name`` (rebuilt only) or ``~name``.
    """

    artifact: Artifact
    recorded: Recorded | None
    files: tuple[str, ...]


def compare_with_rebuild(context: RunContext, release: Release, chart: str, answer: Present) -> Rebuilt:
    """Rebuild a release by the rules that it may have been packed by, and take the nearest to what is published.

    That of another tool has no origin in its Chart.yaml, and the version or the author's own text as appVersion.

    Raises:
        Stage6Error: it cannot be rebuilt, or the published package cannot be read.
    """
    packager, recorded = context.packager, recorded_package(context.repository, release.tag)
    if recorded:
        made = [packager.package(release.commit, release.version)]
        if made[0].digest == answer.digest:
            return Rebuilt(artifact=made[0], recorded=recorded, files=())
    else:
        recipes = (
            Recipe(app_version="keep", origin=False),
            Recipe(app_version="version", origin=False),
            Recipe(app_version=context.settings.chart.app_version),
        )
        made = [packager.pack(release.commit, release.version, recipe) for recipe in recipes]
    published = read_archive(context.downloads.archive(chart, str(release.version), answer).read_bytes())
    compared = ((differences(read_archive(Path(each.path).read_bytes()), published), each) for each in made)
    files, artifact = min(compared, key=lambda pair: len(pair[0]))
    return Rebuilt(artifact=artifact, recorded=recorded, files=files)


def differences(ours: tuple[PackedFile, ...], theirs: tuple[PackedFile, ...]) -> tuple[str, ...]:
    """The names of files that differ, and of those that are in one archive more often than in the other."""
    here, there = _by_name(ours), _by_name(theirs)

    def mark(name: str) -> str:
        return "~" if name in here and name in there else "-" if name in here else "+"

    names = sorted(here.keys() | there.keys())
    return tuple(f"{mark(name)}{name}" for name in names if here.get(name) != there.get(name))


def _by_name(files: tuple[PackedFile, ...]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for name, content in sorted(files):
        found.setdefault(name, []).append(content)
    return found
