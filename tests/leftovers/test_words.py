"""Sizes and ages in words."""

import time

from pipeline.leftovers.words import age_in_words
from pipeline.vocabulary import size_in_words
from tests.leftovers.conftest import DAY, HOUR


def test_sizes_and_ages_in_words():
    assert [size_in_words(size) for size in (0, 999, 1234, 999_700, 5_000_000, 20_480_000_000, 1.2e12)] == [
        "0 B", "999 B", "1.23 kB", "1 MB", "5 MB", "20.5 GB", "1.2 TB"]
    now, ages = time.time(), (-1, 59, 118, 140, 2 * HOUR, 47 * HOUR, 2 * DAY, 100 * DAY)
    assert [age_in_words(now - age).removesuffix(" old") for age in ages] == [
        "0 seconds", "59 seconds", "118 seconds", "2 minutes", "2 hours", "47 hours", "2 days", "100 days"]
