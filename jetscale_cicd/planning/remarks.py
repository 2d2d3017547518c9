"""What has to be known beside the decisions: what was not observed, and on what they rest."""

from jetscale_cicd.decide.classify import strongest
from jetscale_cicd.decide.patience import never_worked
from jetscale_cicd.model.change import ChangeSet
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.request import Request
from jetscale_cicd.observe.git.releases import Releases

CONFIG = ".stage6.yaml"


def remarks(
    request: Request, releases: Releases, lacking: str, changes: ChangeSet, targets: tuple[TargetDecision, ...]
) -> tuple[str, ...]:
    """A sentence for each."""
    notes = []
    if not releases.certain:
        notes.append("this clone is shallow: a newer release may exist than the tags in this clone")
    elif request.compares_only and releases.latest is None and not lacking and strongest(targets) is Decision.PUBLISH:
        notes.append("no release tag of this clone is an ancestor of the base, so this would be the first release")
    if not request.compares_only:
        published = {release.tag for release in releases.published}
        private = sorted(release.tag for release in releases.all if release.tag not in published)
        notes += [f"the tag {tag} is only in this clone, so it is not a release" for tag in private]
    if request.compares_only and any(change.path == CONFIG.encode() for change in changes.watched):
        notes.append(f"{CONFIG} changed: a run also compares the configuration with what is deployed")
    if request.network and not request.compares_only:
        notes += [
            f"{target.target.name}: what is deployed was not observed ({target.live.why}), so "
            + ("a lost run cannot be detected" if target.decision is Decision.NOTHING else "a run would stop")
            for target in targets
            if isinstance(target.live, NotObserved)
        ]
    notes += filter(None, map(never_worked, targets))
    notes += [
        f"{target.target.name}: compared {target.compared.how}" for target in targets if not target.compared.certain
    ]
    return tuple(notes)
