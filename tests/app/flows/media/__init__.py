"""Tests of `app/flows/media`."""
