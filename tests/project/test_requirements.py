"""A lock that cannot be renewed is given up before anybody else may take it over, whatever hangs."""

import threading
from typing import cast

import pytest

from jetscale_cicd.engines.helm.lock import Lock
from jetscale_cicd.errors import SupersededError
from jetscale_cicd.tools.kubernetes import Kubernetes
from jetscale_cicd.tools.server_clock import boottime


class Hanging:
    """An API server that never answers."""

    def get(self, path: str) -> None:
        threading.Event().wait(60)


def test_a_renewal_that_hangs_does_not_keep_a_lock_that_has_run_out() -> None:
    lock = Lock(cast(Kubernetes, Hanging()), "leases/stage6-app", "we", threading.Event())
    lock.until = boottime() + 0.2
    lock.check()
    for work in (lock.keep, lock.watch):
        threading.Thread(target=work, daemon=True).start()
    assert lock.lost.wait(10)
    with pytest.raises(SupersededError, match="could not be renewed in time"):
        lock.check()


def test_a_process_that_slept_through_its_lock_notices_without_any_thread() -> None:
    lock = Lock(cast(Kubernetes, Hanging()), "leases/stage6-app", "we", threading.Event())
    lock.until = boottime() - 1
    with pytest.raises(SupersededError):
        lock.check()
    assert lock.lost.is_set()
