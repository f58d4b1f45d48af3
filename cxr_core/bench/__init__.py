"""Benchmarks: seconds side by side on one machine, to be read as ratios."""
