"""The address that a target names: asked until it answers as it should, for names and load balancers take time."""

import time
from collections.abc import Callable

from jetscale_cicd.decide.cluster.probe_answers import Answer, ProbeAnswers, answer_of
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.errors import VerificationError
from jetscale_cicd.tools.http import Http, HttpFailure
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.worker import pause

_POLL = 2.0
_ASKED = 30.0  # seconds that one question may take
_QUIET = 15.0  # seconds between two lines about answers that were shown before


def ask_probe(redact: Redactor, address: str) -> Answer:
    """Ask an address once, by a client of its own: a kept connection would lead to where the name led before."""
    http = Http(redact, retries=0, total_timeout=_ASKED, max_retry_after=0)
    try:
        answer = http.get(address, {}, elsewhere=True)  # a page for a login is often at another host
    except HttpFailure as failed:
        return Answer(str(failed), failed.may_pass)
    return answer_of(answer.status)


def await_probe(release: HelmRelease, ask: Callable[[str], Answer]) -> str:
    """Ask the address of the target until it answers as it should, and say so.

    Raises:
        VerificationError: ``PROBE_ADDRESS``, it did not within ``probe_timeout``, or answers what no time changes.
        SupersededError: the lock was lost meanwhile.
    """
    address, limit = release.target.probe, release.target.probe_timeout
    begun, shown = time.monotonic(), -_QUIET
    seen = ProbeAnswers()
    while True:
        release.check()
        answer = ask(address)
        now = time.monotonic() - begun
        if not answer.wrong:
            return f"{address} answers" + (f" after {now:.0f} s" if seen.distinct else "")
        before, seen = seen, seen.with_answer(answer.wrong, now)
        if not answer.may_pass or now >= limit:
            raise _error(release, seen, now, may_pass=answer.may_pass)
        is_new = len(seen.distinct) > len(before.distinct)
        if is_new or (answer.wrong != before.last and now - shown >= _QUIET):  # two in turn would fill the screen
            shown = now
            release.announce(f"  · {address}: {answer.wrong}; it is asked for {limit - now:.0f} s more")
        pause(min(_POLL, limit - now))


def _error(release: HelmRelease, seen: ProbeAnswers, seconds: float, *, may_pass: bool) -> VerificationError:
    asked = f"asked for {seconds:.0f} s" if may_pass else "which no wait changes"
    return VerificationError(
        "PROBE_ADDRESS",
        f"{release.target.probe} does not answer as it should: {seen.last} ({asked})",
        where=release.name,
        hint=f"is the ingress right? curl --verbose {release.target.probe}; if it only takes longer: probe_timeout",
        details=tuple(seen.lines),
    )
