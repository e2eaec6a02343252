"""Benchmarks: this function against an empty one and against the usual sample, in turn and in one run."""
