"""Tests of `app/actions/connections`."""
