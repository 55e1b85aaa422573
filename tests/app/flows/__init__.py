"""Tests of `app/flows`."""
