"""An error as data."""

from jetscale_cicd.errors import Stage6Error


def error_document(error: Stage6Error) -> dict[str, object]:
    """Code, message, hint and place; details where there are any."""
    shown: dict[str, object] = {"code": error.code, "message": error.message, "hint": error.hint, "where": error.where}
    return {**shown, **({"details": list(error.details)} if error.details else {})}
