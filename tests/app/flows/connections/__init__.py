"""Tests of `app/flows/connections`."""
