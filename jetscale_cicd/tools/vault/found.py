"""What was found of an entry, before it is an answer."""

from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.vault import Near, VaultAnswer, VaultName, VaultState


@frozen(kw_only=True)
class Found:
    """What was found of an entry; the fields are those of a ``VaultAnswer``.

    Args:
        code: of the server's, on which the next question depends; "" where it has none.
    """

    state: VaultState
    missing: tuple[str, ...] = ()
    near: tuple[Near, ...] = ()
    empty: tuple[str, ...] = ()
    needs: str = ""
    resource: str = ""
    why: str = ""
    date: str = ""
    version: str = ""
    code: str = ""

    def answer(self, vault: VaultName, place: str, entry: str) -> VaultAnswer:
        """The answer for an entry."""
        return VaultAnswer(
            entry=entry,
            vault=vault,
            state=self.state,
            place=place,
            missing=self.missing,
            near=self.near,
            empty=self.empty,
            needs=self.needs,
            resource=self.resource or (entry if self.needs else ""),
            why=self.why,
            date=self.date,
            version=self.version,
        )
