"""How figures are taken: what is measured and its baseline in turn, at least five pairs, the median of their ratios."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

PAIRS = 7


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much of the baseline something takes: the median of the pairs, with the least and the most."""

    median: float
    least: float
    most: float
    seconds: float
    baseline_seconds: float

    def line(self) -> str:
        """The closing line of a figure."""
        return f"ratio {self.median:.2f} ({self.least:.2f}..{self.most:.2f})"


def compare(work: Callable[[], object], baseline: Callable[[], object], times: int = 1) -> Ratio:
    """Seconds of `work` over seconds of `baseline`, each done `times` times in each pair."""
    taken = [(_seconds(work, times), _seconds(baseline, times)) for _ in range(PAIRS)]
    ratios = [ours / theirs for ours, theirs in taken]
    return Ratio(
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        statistics.median(ours for ours, _ in taken),
        statistics.median(theirs for _, theirs in taken),
    )


def _seconds(work: Callable[[], object], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times
