"""The last commit that changed a path; a near one is found in the commits themselves, without a process."""

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.observe.git.store import ObjectStore
from jetscale_cicd.observe.git.trees import entry_at

# Steps back: a chart that is about to be published nearly always changed a few commits ago.
_NEAR = 16


def near_last_change(store: ObjectStore, commit: str, path: str) -> str | None:
    """The commit that `git log -1 COMMIT -- PATH` names; None where it is not found in a few steps.

    From a commit git follows the first parent that has the same under the path, and no other one (git-log(1), "History
    Simplification"); so it is one way back, to the first commit that has no such parent.
    """
    current = commit
    try:
        for _ in range(_NEAR):
            here = entry_at(store, current, path)
            parents = store.parents(current)[current]
            same = next((parent for parent in parents if entry_at(store, parent, path) == here), None)
            if same is None:
                return current if here or parents else None
            current = same
    except CannotTellError:
        return None  # an object is missing: git fetches it, or says why not
    return None
