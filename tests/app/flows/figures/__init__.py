"""Tests of collecting figures."""
