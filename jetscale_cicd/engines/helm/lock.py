"""The lock of a release: a Lease of coordination.k8s.io, held while a release is changed, renewed on the way.

All runs measure with the API server's clock (`Kubernetes.clock`), so a machine whose clock is wrong takes nothing over.
Whoever dies leaves a Lease that nobody renews; it is taken over once it has expired, and never before.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jetscale_cicd.errors import CannotTellError, PreconditionError, SupersededError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import cannot_tell
from jetscale_cicd.observe.cluster.lease import MARGIN, end_of, holder_of, is_free, lease_name, leases_path
from jetscale_cicd.observe.cluster.namespace import namespace_missing, namespace_terminating
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object, boottime

DURATION = 30  # seconds that a Lease holds without being renewed
_RENEW = 8.0
_POLL = 0.5
_LOOK = 0.5
_OURS = DURATION - 5.0  # helm needs a moment to end


def holder_name(run_url: str) -> str:
    """Who holds a Lease: the run where CI names one, and what tells two processes of one run apart."""
    return f"{run_url or socket.gethostname()} (process {os.getpid()}, {secrets.token_hex(4)})"


@dataclass
class Lock:
    """A Lease that is held.

    Args:
        path: of the Lease.
        holder: we.
        lost: set once somebody else may have taken it over.
        until: when it ends for us, before it ends for anybody else, by ``boottime``.
        inherited: its last holder did not give it back, so that what is pending may be his.
    """

    api: Kubernetes
    path: str
    holder: str
    lost: threading.Event
    inherited: bool = False
    until: float = 0.0
    closed: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Refuse to go on without the lock.

        Raises:
            SupersededError: ``LOCK_LOST``.
        """
        if self.lost.is_set() or boottime() > self.until:
            self.lost.set()
            raise SupersededError(
                "LOCK_LOST",
                "the lock was taken away, or could not be renewed in time: another run may hold it now",
                where=self.path.rpartition("/")[2],
                hint="run again: it goes on from what it finds",
            )

    def keep(self) -> None:
        """Renew until closed; give up when the Lease is another's, or has run out."""
        while not self.closed.wait(_RENEW):
            try:
                lease = self.api.get(self.path)
                if lease is None or holder_of(lease) != self.holder:
                    self.lost.set()
                    return
                until = boottime() + _OURS
                self.api.replace(self.path, _held(lease, self.holder, self.api.clock.now()))
                self.until = until
            except ApiFailure:
                continue  # `watch` knows how long that may go on

    def watch(self) -> None:
        """Give it up in time, whatever a renewal that hangs is waiting for."""
        while not self.closed.wait(_LOOK):
            if boottime() > self.until:
                self.lost.set()
                return

    def give_back(self, renewing: threading.Thread) -> None:
        """Let it go, if it is ours, so that nobody waits for its end; where that fails, it ends by itself."""
        self.closed.set()
        if renewing.ident is not None:
            renewing.join(timeout=_RENEW)  # a renewal that is on its way would be in conflict with this
        try:
            lease = self.api.get(self.path)
            if lease and holder_of(lease) == self.holder:
                self.api.replace(self.path, {**lease, "spec": {**lease["spec"], "holderIdentity": ""}})
        except ApiFailure:
            return


@contextmanager
def hold_lock(
    api: Kubernetes, target: Target, holder: str, announce: Callable[[str], None], lost: threading.Event
) -> Iterator[Lock]:
    """Hold the lock of a target's release until the end of the block.

    Args:
        holder: who we are, unlike anybody else.
        lost: set once somebody else may have taken it over.

    Raises:
        SupersededError: ``LOCKED``, somebody else holds it for longer than a deploy of this target may take.
        PreconditionError: ``NAMESPACE_MISSING``, or ``LOCK_FORBIDDEN``.
        CannotTellError: the cluster does not answer.
    """
    lock = Lock(api, f"{leases_path(target)}/{lease_name(target)}", holder, lost)
    renewing = threading.Thread(target=lock.keep, daemon=True)
    try:
        lock.inherited, lock.until = _acquire(api, target, holder, announce)
        threading.Thread(target=lock.watch, daemon=True).start()
        renewing.start()
        yield lock
    finally:
        try:
            lock.give_back(renewing)
        except KeyboardInterrupt:  # only one ever comes (cli.main), so the second attempt is left alone
            lock.give_back(renewing)
            raise


def _acquire(api: Kubernetes, target: Target, holder: str, announce: Callable[[str], None]) -> tuple[bool, float]:
    """Wait for the Lease, and take it; whether its last holder died with it, and until when it is ours.

    At the end of the wait nobody can say whether its holder has died just now: it is waited for until it renews the
    Lease, and is alive, or until the Lease ends, which is soon.
    """
    leases, name = leases_path(target), lease_name(target)
    path = f"{leases}/{name}"
    deadline = time.monotonic() + target.timeout
    told, last = "", None
    while True:
        end = None
        try:
            lease = api.get(path)
            end = end_of(lease) if lease else None
            other = holder_of(lease) if lease and not is_free(lease, api.clock.now()) else ""
            if other in ("", holder):  # ours already: the answer to an earlier attempt got lost
                held = _held(lease or _new(name, target), holder, api.clock.now())
                until = boottime() + _OURS  # from when it was stamped, however long it is on its way
                _ = api.replace(path, held) if lease else api.create(leases, held)
                return lease is not None and holder_of(lease) not in ("", holder), until
        except ApiFailure as failed:
            if not failed.conflict:
                raise _refused(failed, target) from None
            other = "somebody who is always faster"
        late = time.monotonic() > deadline
        last = (last or end) if late else None
        soon = end is not None and end - api.clock.now() < timedelta(seconds=DURATION) + MARGIN
        if late and not (soon and end == last):
            raise SupersededError(
                "LOCKED",
                f"release {target.release} is being changed by {other}, and this run waited {target.timeout} s for it",
                where=f"Lease {target.namespace}/{name}",
                hint="let it end, or cancel it; a run that died is over after 30 s",
            )
        if told != other:
            left = timedelta(seconds=max(0.0, deadline - time.monotonic()))
            where, at_most = f"{target.namespace}/{target.release}", f"{api.clock.now() + left:%H:%M:%S} UTC"
            announce(f"  waiting for the lock of {where}, until {at_most} if it lives: {other} holds it")
            told = other
        time.sleep(_POLL)


def _new(name: str, target: Target) -> Object:
    labels = {"app.kubernetes.io/managed-by": "stage6"}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": target.namespace, "labels": labels},
        "spec": {},
    }


def _held(lease: Object, holder: str, now: datetime) -> Object:
    spec = dict(lease.get("spec") or {})
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # MicroTime
    if spec.get("holderIdentity") != holder:
        spec |= {"acquireTime": stamp, "leaseTransitions": int(spec.get("leaseTransitions") or 0) + 1}
    spec |= {"holderIdentity": holder, "leaseDurationSeconds": DURATION, "renewTime": stamp}
    return {**lease, "spec": spec}


def _refused(failed: ApiFailure, target: Target) -> PreconditionError | CannotTellError:
    where = f"namespace {target.namespace}"
    if failed.status == 404:
        return namespace_missing(target)
    if failed.status == 403 and "being terminated" in failed.message:
        return namespace_terminating(target)
    if failed.status == 403 and "exceeded quota" in failed.message:
        return PreconditionError(
            "LOCK_FORBIDDEN",
            f"the lock of the release cannot be made: {failed.message}",
            where=where,
            hint="raise the quota of the namespace by one Lease",
        )
    if failed.status == 403:
        return PreconditionError(
            "LOCK_FORBIDDEN",
            f"this run may not lock the release: {failed.message}",
            where=where,
            hint="grant get, create and update of leases.coordination.k8s.io (docs/deploy.md)",
        )
    return cannot_tell(failed, target)
