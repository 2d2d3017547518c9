"""How the variables and the payload of any CI are read, and how an event is made of them."""

from collections.abc import Mapping

from jetscale_cicd.model.event import Event, EventKind

_HEX = frozenset("0123456789abcdef")


class CiVariables:
    """Variables and payload of this run; ``event.a.b`` is a field of the payload, any other name is a variable."""

    def __init__(self, ci: str, run_url: str, env: Mapping[str, str], payload: Mapping[str, object]) -> None:
        self.ci = ci
        self.run_url = run_url
        self.env = env
        self.payload = payload
        self.notes: list[str] = []

    def value(self, name: str) -> object:
        """The variable or payload field, or None."""
        if not name.startswith("event."):
            return self.env.get(name)
        found: object = self.payload
        for key in name.split(".")[1:]:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def text(self, *names: str) -> str:
        """The first of them that holds text, verbatim; "" where none does."""
        return next((value for name in names if isinstance(value := self.value(name), str) and value), "")

    def commit(self, *names: str) -> str | None:
        """The first of them that is a full commit name, as git prints it: SHA-1 or SHA-256 in lower-case hex."""
        given = [(name, value) for name in names if (value := self.value(name)) is not None]
        if not given:
            self.notes.append(f"{names[0]} is not given")
        for name, value in given:
            if not (isinstance(value, str) and len(value) in {40, 64} and _HEX.issuperset(value)):
                self.notes.append(f"{name} is no full commit name, ignored")
            elif is_zero(value):
                self.notes.append(f"{name} is all zeros: there is no such commit")
            else:
                return value
        return None

    def event(self, kind: EventKind, *notes: str, head: str | None, base: str | None = None, branch: str = "") -> Event:
        """An event that is no pull request."""
        note = "; ".join([*self.notes, *notes])
        return Event(ci=self.ci, kind=kind, base=base, head=head, branch=branch, run_url=self.run_url, note=note)

    def change_request(
        self,
        *notes: str,
        head: str | None,
        base: str | None,
        branch: str,
        kind: EventKind = EventKind.PULL_REQUEST,
        tip: bool = True,
        first_parent: bool = False,
        source_branch: str = "",
    ) -> Event:
        """A pull request or its place in a merge queue: without a base commit, the target branch has to do."""
        return Event(
            ci=self.ci,
            kind=kind,
            base=base,
            head=head,
            base_branch="" if base else branch,
            base_is_branch_tip=tip if base else bool(branch),
            base_is_first_parent=first_parent,
            branch=branch,
            source_branch=source_branch,
            run_url=self.run_url,
            note="; ".join([*self.notes, *notes, *([] if base else ["no commit of the target branch is given"])]),
        )


def is_zero(value: object) -> bool:
    """Git's null object name, which stands for "no commit" in a push (githooks, "post-receive")."""
    return isinstance(value, str) and value != "" and not value.strip("0")


def branch_of(ref: str) -> str:
    """``refs/heads/main`` → ``main``; "" for a ref that is no branch."""
    return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""
