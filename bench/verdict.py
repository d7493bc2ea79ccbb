# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges what was measured, and knows its noise. Pure functions, no input or output.

Throughput and latency drift by a tenth and more in one boot. So a run is compared with runs of a reference that took
place before and after it in the same boot, and only their ratio counts. A limit is missed only if the 95 % interval
of the ratios lies wholly beyond it. Counts, such as pages refaulted, pass or fail.
"""

import math
import statistics

MET, MISSED, UNDECIDED = "met", "missed", "undecided"
WITHIN_NOISE = "within noise"
ONE_RUN, NO_PAIRS = "1 run, not judged", "no pairs, not judged"

WIDEST = 1.10  # an interval that reaches farther from its mean, and has the limit inside, decides nothing
STUDENT_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,  # 97.5 % quantiles
             2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,   # for 1 to 30
             2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)   # degrees of freedom
NORMAL = 1.96  # for more

WINDOW_S = 1  # latency is as before when the median of so many seconds is at most
SLOWER = 1.25  # so many times the median before
SLACK_US = 5000  # and so much


def expected(place, reference):
    """What a reference, pairs of place and figure, gives for a place in the boot.

    The geometric mean of the nearest figure before and the nearest after, the nearer one counting for more: an even
    drift does not show in it. Where there is one side only, its nearest figure; with nothing at all None.
    """
    before = max((pair for pair in reference if pair[0] < place), default=None)
    after = min((pair for pair in reference if pair[0] > place), default=None)
    if before is None or after is None:
        return (before or after or (place, None))[1]
    share = (place - before[0]) / (after[0] - before[0])
    return before[1] ** (1 - share) * after[1] ** share


def paired_ratios(runs, reference_runs, figure):
    """The figure of each run divided by what the reference gives for its place in the boot.

    A run is a dict with "boot" and "place"; figure takes a run and returns a number, or None where it was not
    measured. Both lists are of one load. Runs without a figure, boot, or reference in their boot have no ratio. A
    figure counts as at least 1, so that nothing at all has a ratio, too: its unit should be small (kB/s, µs).
    """
    def figures(some):
        return [(run["boot"], run["place"], max(figure(run), 1)) for run in some
                if None not in (run.get("boot"), run.get("place"), figure(run))]

    reference = figures(reference_runs)
    ratios = []
    for boot, place, value in figures(runs):
        base = expected(place, [(when, what) for where, when, what in reference if where == boot])
        if base is not None:
            ratios.append(value / base)
    return ratios


def interval(ratios):
    """Geometric mean, lower and upper end of its 95 % interval by Student's t; None with fewer than two ratios."""
    if len(ratios) < 2:
        return None
    logs = [math.log(ratio) for ratio in ratios]
    mean, freedom = statistics.fmean(logs), len(logs) - 1
    t = STUDENT_T[freedom - 1] if freedom <= len(STUDENT_T) else NORMAL
    half = t * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def judge(ratios, at_least=None, at_most=None):
    """Whether ratios keep to a limit, at_least or at_most, by their interval.

    met               it lies wholly within the limit
    missed            it lies wholly beyond
    within noise      the limit is inside, and it is no wider than ±10 %: no difference worth mention
    undecided         the limit is inside, and it is wider: more runs would tell
    One ratio is not judged, nor is none at all.
    """
    if (at_least is None) == (at_most is None):
        raise ValueError("one limit, please: at_least or at_most")
    if len(ratios) < 2:
        return ONE_RUN if ratios else NO_PAIRS
    mean, low, high = interval(ratios)
    if high < at_least if at_most is None else low > at_most:
        return MISSED
    if low >= at_least if at_most is None else high <= at_most:
        return MET
    return UNDECIDED if high / mean > WIDEST else WITHIN_NOISE


def judge_count(value, limit):
    """Whether a count is at most its limit."""
    return MET if value <= limit else MISSED


def percentile(samples, p):
    """The p-th percentile of sorted samples by nearest rank: the least one that p % of all are not above."""
    return samples[max(math.ceil(p * len(samples) / 100), 1) - 1]


def spread_ms(samples, percentiles, digits=0):
    """A cell: those of samples in µs, in any order, as ms."""
    ordered = sorted(samples)
    return " / ".join(f"{percentile(ordered, p) / 1000:,.{digits}f}" for p in percentiles) if ordered else "-"


def recovered_after(before_us, after_us, period_s):
    """Seconds from the end of pressure until latency is as before it; None if that is not within the samples.

    That moment begins the first second whose median sample is at most 1.25 times the median before, and 5 ms.
    """
    if not before_us:
        return None
    limit = SLOWER * statistics.median(before_us) + SLACK_US
    window = max(round(WINDOW_S / period_s), 1)
    for first in range(len(after_us) - window + 1):
        if statistics.median(after_us[first:first + window]) <= limit:
            return first * period_s
    return None
