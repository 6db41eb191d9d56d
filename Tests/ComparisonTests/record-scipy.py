#!/usr/bin/env python3
"""Prints intervals of the median as scipy has them, for StatisticsTests: a line is median, low, high, then the values.

Run with scipy 1.11 or newer from PyPI: python3 record-scipy.py > scipy.txt
"""
import numpy
from scipy import stats

for seed, count in enumerate((6, 7, 8, 15, 16, 40, 101, 250), 1):
    values = numpy.round(numpy.random.default_rng(seed).lognormal(0, 0.1, count), 6)
    interval = stats.quantile_test(values, p=0.5).confidence_interval(0.95)
    print(*(float(v) for v in (numpy.median(values), interval.low, interval.high, *values)))
