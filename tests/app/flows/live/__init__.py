"""Tests of `app/flows/live`."""
