"""Measurements, each a command that prints its ratios in one run."""
