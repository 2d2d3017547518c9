"""The lock of a release: a Lease of coordination.k8s.io, held while a release is changed, renewed on the way.

All runs measure with the API server's clock (`Kubernetes.clock`), so a machine whose clock is wrong takes nothing over.
The Lease of a run that died is no longer renewed; it is taken over once it has expired, and never before.
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
from typing import NamedTuple

from jetscale_cicd.errors import CannotTellError, PreconditionError, SupersededError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.lease import MARGIN, end_of, holder_of, is_free, lease_name, leases_path
from jetscale_cicd.observe.cluster.namespace import namespace_missing, namespace_terminating
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object
from jetscale_cicd.tools.server_clock import boottime
from jetscale_cicd.tools.worker import pause

DURATION = 30  # seconds that a Lease holds without being renewed
_RENEW = 8.0
_POLL = 0.5
_WATCH = 0.5
_OURS = DURATION - 5.0  # helm needs a moment to end


def holder_name(run_url: str) -> str:
    """The holder's identity: the run where CI names one, and what distinguishes two processes of one run."""
    return f"{run_url or socket.gethostname()} (process {os.getpid()}, {secrets.token_hex(4)})"


@dataclass
class Lock:
    """A Lease that is held.

    Args:
        path: of the Lease.
        holder: the identity of this run.
        lost: set once another run may have taken it over.
        until: when this run stops relying on it, before any other run may take it over, by ``boottime``.
        inherited: its last holder did not release it, so that a pending revision may be that holder's.
    """

    api: Kubernetes
    path: str
    holder: str
    lost: threading.Event
    inherited: bool = False
    until: float = 0.0
    closed: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Refuse to continue without the lock.

        Raises:
            SupersededError: ``LOCK_LOST``.
        """
        if self.lost.is_set() or boottime() > self.until:
            self.lost.set()
            raise SupersededError(
                "LOCK_LOST",
                "the lock was taken away, or could not be renewed in time: another run may hold it now",
                where=self.path.rpartition("/")[2],
                hint="run again: it continues from what it observes",
                replan=False,
            )

    def keep(self) -> None:
        """Renew until closed; give up when another run holds the Lease, or it has expired."""
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
                continue  # `watch` limits for how long

    def watch(self) -> None:
        """Give it up in time, even where a renewal hangs."""
        while not self.closed.wait(_WATCH):
            if boottime() > self.until:
                self.lost.set()
                return

    def release(self, renewing: threading.Thread) -> None:
        """Release it, if this run holds it, so that no other waits for its end; where that fails, it expires."""
        self.closed.set()
        if renewing.ident is not None:
            renewing.join(timeout=_RENEW)  # a renewal in progress would conflict with this
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
        holder: the identity of this run, which no other has.
        lost: set once another run may have taken it over.

    Raises:
        SupersededError: ``LOCKED``, another run holds it for longer than a deploy of this target may take.
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
            lock.release(renewing)
        except KeyboardInterrupt:  # only one is ever raised (cli.main), so the second attempt is not interrupted
            lock.release(renewing)
            raise


class _Attempt(NamedTuple):
    """One attempt to take the Lease.

    Args:
        until: when this run stops relying on it; None where it was not taken.
        inherited: its last holder did not release it.
        other: who holds it, where it was not taken.
        end: when it expires unless it is renewed; None where its times cannot be read.
    """

    until: float | None = None
    inherited: bool = False
    other: str = ""
    end: datetime | None = None


def _acquire(api: Kubernetes, target: Target, holder: str, announce: Callable[[str], None]) -> tuple[bool, float]:
    """Wait for the Lease, and take it.

    Its holder may take the timeout for its deploy, and as long to take it back. At the end of the wait it may have died
    just now: it is waited for until it renews the Lease, and is alive, or until the Lease expires, which is soon.

    Returns:
        whether its last holder did not release it, and until when this run may rely on it.
    """
    longest = target.timeout * (2 if target.rollback else 1)
    deadline = time.monotonic() + longest
    announced, last = "", None
    while True:
        attempt = _attempt(api, target, holder)
        if attempt.until is not None:
            return attempt.inherited, attempt.until
        end, late = attempt.end, time.monotonic() > deadline
        last = (last or end) if late else None
        soon = end is not None and end - api.clock.now() < timedelta(seconds=DURATION) + MARGIN
        if late and not (soon and end == last):
            raise _locked(target, attempt.other, longest)
        if announced != attempt.other:
            announced = attempt.other
            left = timedelta(seconds=max(0.0, deadline - time.monotonic()))
            where, at_most = f"{target.namespace}/{target.release}", f"{api.clock.now() + left:%H:%M:%S} UTC"
            announce(
                f"  waiting for the lock of {where}, at most until {at_most} while it is renewed: held by {announced}"
            )
        pause(_POLL)


def _attempt(api: Kubernetes, target: Target, holder: str) -> _Attempt:
    leases, name = leases_path(target), lease_name(target)
    path, end, creating = f"{leases}/{name}", None, False
    try:
        lease = api.get(path)
        end = end_of(lease) if lease else None
        other = holder_of(lease) if lease and not is_free(lease, api.clock.now()) else ""
        if other not in ("", holder):  # one that this run holds already: the answer to an earlier attempt was lost
            return _Attempt(other=other, end=end)
        held = _held(lease or _new(name, target), holder, api.clock.now())
        until = boottime() + _OURS  # from when it was stamped, however long the call takes
        creating = lease is None
        _ = api.create(leases, held) if creating else api.replace(path, held)
    except ApiFailure as failed:
        if not failed.conflict:
            raise _refused(failed, target, creating=creating) from None
        return _Attempt(other="other runs that are faster each time", end=end)
    return _Attempt(until=until, inherited=lease is not None and holder_of(lease) not in ("", holder))


def _locked(target: Target, other: str, waited: int) -> SupersededError:
    return SupersededError(
        "LOCKED",
        f"release {target.release} is being changed by {other}, and this run waited {waited} s for it",
        where=f"Lease {target.namespace}/{lease_name(target)}",
        hint="wait until it ends, or cancel it; the lock of a run that died expires after 30 s",
        replan=False,
    )


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


def _refused(failed: ApiFailure, target: Target, *, creating: bool) -> PreconditionError | CannotTellError:
    if failed.status == 404:
        return namespace_missing(target)
    if failed.namespace_terminating:
        return namespace_terminating(target)
    if failed.status != 403:
        return cannot_tell(failed, target)
    # A missing right to create names no object; what admission refuses, a quota for example, has a name already.
    admission = creating and bool(failed.name)
    hint = "grant get, create and update of leases.coordination.k8s.io (docs/deploy.md)"
    if admission:
        hint = "change the policy that refuses it; where that is a quota of the namespace, raise it by one Lease"
    return PreconditionError(
        "LOCK_FORBIDDEN",
        f"the lock of the release cannot be {'created' if creating else 'taken'}: {failed.message}",
        where=f"namespace {target.namespace}",
        hint=hint,
    )
