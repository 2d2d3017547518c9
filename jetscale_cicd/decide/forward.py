"""Which way is forward: by ancestry first, by version second (docs/how-it-works.md)."""

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.live import Deployed, Lineage, LiveState, last_recorded
from jetscale_cicd.model.plan import Decision, Reason, TargetDecision
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version

_OVERRIDE = "--allow-older deploys it all the same"


def goes_back(lineage: Lineage, version: Version, live: LiveState, head: str) -> str:
    """Why a deploy would replace something newer by something older; "" where it goes forward.

    A commit that follows what is deployed goes forward, and one that it follows goes back. Of neither, only a higher
    version goes forward; and where the commit of what is deployed is not known, at least the same one.

    Args:
        version: of the release that would be deployed.
        live: what is deployed; what a rollback took back counts in its place.
        head: the commit that would be deployed.
    """
    if not isinstance(live, Deployed) or lineage is Lineage.FORWARD:
        return ""
    tried = last_recorded(live)
    what = f"{tried.version}" + (f" of {tried.commit[:12]}" if tried.commit else "")
    state = "is deployed here" if tried is live else "was deployed here, and rolled back"
    if lineage is Lineage.BACK:
        return f"{what} {state}, and follows {head[:12]}: this run is superseded ({_OVERRIDE})"
    theirs = Version.parse(tried.version)
    if theirs is None:
        unreadable = lineage is Lineage.ASIDE
        return f"{what} {state}, and is no version that {version} could follow ({_OVERRIDE})" if unreadable else ""
    if lineage is Lineage.ASIDE and version.precedence <= theirs.precedence:
        return (
            f"{what} {state}, on another line than {head[:12]}, and {version} is no higher version: "
            f"this run is superseded ({_OVERRIDE})"
        )
    if lineage is Lineage.UNKNOWN and version.precedence < theirs.precedence:
        return f"{what} {state}, which is newer than {version}: this run is superseded ({_OVERRIDE})"
    return ""


def held_back(decided: TargetDecision, version: Version, head: str) -> TargetDecision:
    """The decision for a target where a new version is published that must not replace what is deployed there.

    Args:
        version: the new version.
    """
    if decided.decision is not Decision.PUBLISH:
        return decided
    why = goes_back(decided.lineage, version, decided.live, head)
    if not why:
        return decided
    reason = Reason(scope=decided.target.name, why=why, counts=False)
    return replace(decided, decision=Decision.NOTHING, superseded=True, reasons=(*decided.reasons, reason))


def check_released(decided: TargetDecision, release: Release) -> None:
    """Refuse to deploy a lower version of a commit that follows what is deployed.

    A deploy comes after its tag, so the tag was deleted, or is not here.

    Raises:
        CannotTellError: ``RELEASE_MISSING``.
    """
    tried = last_recorded(decided.live) if isinstance(decided.live, Deployed) else None
    theirs = Version.parse(tried.version) if tried and tried.commit else None
    acts = decided.decision is not Decision.NOTHING and decided.lineage is Lineage.FORWARD
    if theirs and acts and theirs.precedence > release.version.precedence:
        tag = release.tag.replace(str(release.version), str(theirs))
        raise CannotTellError(
            "RELEASE_MISSING",
            f"{theirs} is deployed to {decided.target.name}, and there is no tag {tag} in the history of this commit",
            where=f"{decided.target.namespace}/{decided.target.release}",
            hint=f"was it deleted, or moved? Put it back where it was (git tag --force {tag} COMMIT, then git push "
            f"--force origin {tag}); check chart.tag_format, and that the checkout has its tags; or deploy what is "
            "tagged: --allow-older",
        )
