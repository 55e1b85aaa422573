"""Tests of the kernel: clock, ids, errors, logs, metrics, settings."""
