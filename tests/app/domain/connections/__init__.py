"""Tests of `app/domain/connections`."""
