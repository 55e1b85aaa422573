"""Tests of `app/flows/bulk`."""
