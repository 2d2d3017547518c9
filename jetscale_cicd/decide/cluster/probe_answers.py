"""What the address of a target answered while it was asked: what may pass with time, and what was seen when."""

from collections.abc import Iterator

from jetscale_cicd.model.record import frozen, replace

# Who asks is refused, or how: by whatever answers, and no time changes that. All else of 4xx and 5xx is what a load
# balancer or an ingress answers that is not configured yet.
_FINAL = (401, 403, 405, 407)
_MOST = 8


@frozen
class Answer:
    """One answer.

    Args:
        wrong: why it is not as it should be, "" where it is.
        may_pass: whether it may be another one later.
    """

    wrong: str = ""
    may_pass: bool = True


def answer_of(status: int) -> Answer:
    """The answer with an HTTP status."""
    return Answer() if status < 400 else Answer(f"status {status}", status not in _FINAL)


@frozen(kw_only=True)
class _Seen:
    """A distinct answer: when it came first and last, in seconds since the first question, and how often."""

    wrong: str
    first: float
    last: float
    times: int = 1

    @property
    def line(self) -> str:
        if self.times == 1:
            return f"{self.wrong} (once, after {self.first:.0f} s)"
        return f"{self.wrong} ({self.times} times, from {self.first:.0f} s to {self.last:.0f} s)"


@frozen
class ProbeAnswers:
    """The answers that were wrong so far, each distinct one once, and which was the last."""

    distinct: tuple[_Seen, ...] = ()
    last: str = ""

    def with_answer(self, wrong: str, seconds: float) -> "ProbeAnswers":
        """Also this one."""
        if all(each.wrong != wrong for each in self.distinct):
            return ProbeAnswers((*self.distinct, _Seen(wrong=wrong, first=seconds, last=seconds)), wrong)
        again = (
            replace(each, last=seconds, times=each.times + 1) if each.wrong == wrong else each for each in self.distinct
        )
        return ProbeAnswers(tuple(again), wrong)

    @property
    def lines(self) -> Iterator[str]:
        """Each in a line, in the order in which they came first; none where there was only one."""
        if len(self.distinct) == 1:
            return
        yield from (each.line for each in self.distinct[:_MOST])
        if len(self.distinct) > _MOST:
            yield f"… and {len(self.distinct) - _MOST} others"
