"""Why a lock could not be taken is read from the reasons of the API server, not from its sentences."""

import pytest

from jetscale_cicd.engines.helm.lock import _refused
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.kubernetes import ApiFailure

TARGET = Target(name="live")
TERMINATING = ApiFailure(403, "no", reason="Forbidden", causes=("NamespaceTerminating",), name="stage6-app")
BY_ADMISSION = ApiFailure(403, "no", reason="Forbidden", name="stage6-app")
BY_RIGHTS = ApiFailure(403, "no: exceeded quota, being terminated", reason="Forbidden")


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        (TERMINATING, "NAMESPACE_TERMINATING"),
        (BY_ADMISSION, "LOCK_FORBIDDEN"),
        (BY_RIGHTS, "LOCK_FORBIDDEN"),
        (ApiFailure(404, "no"), "NAMESPACE_MISSING"),
        (ApiFailure(401, "no"), "CLUSTER_UNAUTHORIZED"),
        (ApiFailure(503, "no"), "CLUSTER_UNREACHABLE"),
    ],
)
def test_each_refusal_has_its_code(failed: ApiFailure, code: str) -> None:
    assert _refused(failed, TARGET, creating=True).code == code


def test_what_admission_refuses_is_no_missing_right() -> None:
    hints = [_refused(failed, TARGET, creating=True).hint for failed in (BY_ADMISSION, BY_RIGHTS)]
    assert ["quota" in hint for hint in hints] == [True, False]
    assert "quota" not in _refused(BY_ADMISSION, TARGET, creating=False).hint  # an update names its object anyway
