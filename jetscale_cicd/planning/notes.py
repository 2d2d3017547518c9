"""Release notes of the version of a plan: of a new one from its commits, of an older one from its tag."""

from jetscale_cicd.decide.release.notes import release_notes
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.observe.git.tag_message import recorded_notes


def notes_of(plan: Plan, repository: Repository, web: str) -> str:
    """Markdown; "" where there is no release.

    Args:
        web: web page of the repository, "" where it has none.
    """
    if plan.deploy is None:
        return ""
    if plan.choice is None:
        return recorded_notes(repository, plan.deploy.tag)
    return release_notes(plan.deploy.version, plan.choice.commits, plan.choice.why, web)
