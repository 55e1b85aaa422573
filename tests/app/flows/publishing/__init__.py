"""Tests of `app/flows/publishing`."""
