"""Tests of `app/flows/upkeep`."""
