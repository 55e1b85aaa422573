"""Tests of figures as data."""
