"""Tests of `app/actions/jobs`."""
