"""How much a check counts: which of the preconditions a target may soften or leave out."""

from enum import StrEnum

from jetscale_cicd.model.shown import quoted


class Severity(StrEnum):
    """What becomes of a check that finds something."""

    ERROR = "error"  # it stops the run, or keeps its target back
    WARN = "warn"  # it is reported before anything is changed, and stops nothing
    OFF = "off"  # it is not made


# Every other check guards what a run itself is about to do, and cannot be softened.
ADJUSTABLE: tuple[str, ...] = (
    "elsewhere",
    "contract-secrets",
    "external-secrets",
    "vault-values",
    "chart-needs",
    "ownership",
    "ingress-hosts",
    "rights",
    "credential-life",
    "policy",
    "release-size",
    "own-checks",
)


def check_adjustable(text: str) -> None:
    """Refuse what is no check, or one that cannot be softened."""
    if text not in ADJUSTABLE:
        import difflib

        near = difflib.get_close_matches(text[:60], ADJUSTABLE, n=1)
        meant = f"did you mean {near[0]}?" if near else f"they are {', '.join(ADJUSTABLE)}"
        raise ValueError(f"{quoted(text)} is no check that can be set; {meant}")


def check_severity(text: str) -> None:
    """Refuse what is no severity."""
    if text not in tuple(Severity):
        raise ValueError(f"{quoted(text)} must be one of {', '.join(Severity)}")
