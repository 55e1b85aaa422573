"""Tests of `app/domain/keys`."""
