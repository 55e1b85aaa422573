"""Tests of `app/domain/jobs`."""
