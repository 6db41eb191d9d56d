"""Medians and their distribution-free intervals. Ratios are paired: both halves come from the same round."""

import math
import statistics


def median(values):
    return statistics.median(values)


def median_interval(values, confidence=0.95):
    """(low, high) order statistics that enclose the median with at least `confidence`; None with too few values.

    The number of values below the median is binomial(n, 1/2), whatever the distribution. So the k-th smallest and the
    k-th largest value enclose it with probability 1 - 2 P(B < k); k is the largest that keeps it at `confidence`.
    """
    ordered, count = sorted(values), len(values)
    below, best = 0.0, 0
    for k in range(1, count // 2 + 1):
        below += math.comb(count, k - 1) / 2 ** count
        if 1 - 2 * below < confidence:
            break
        best = k
    return (ordered[best - 1], ordered[count - best]) if best else None


def paired_ratio(values, base):
    """{"ratio", "low", "high", "rounds"} of the per-round quotients values[i] / base[i]."""
    quotients = [value / other for value, other in zip(values, base)]
    interval = median_interval(quotients)
    low, high = interval if interval else (None, None)
    return {"ratio": median(quotients), "low": low, "high": high, "rounds": len(quotients)}


def ratio_text(summary):
    """A paired ratio as a cell: 1.23 [1.20, 1.26]."""
    if summary["low"] is None:
        return f"{summary['ratio']:.3f} [too few rounds]"
    return f"{summary['ratio']:.3f} [{summary['low']:.3f}, {summary['high']:.3f}]"


def table(header, rows):
    """Text columns; the first is aligned left, the others right."""
    cells = [list(map(str, row)) for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for first, *others in cells:
        aligned = [first.ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])
