"""Benchmarks: this function beside the vendor's usual sample; a catch-up; a burst of events."""
