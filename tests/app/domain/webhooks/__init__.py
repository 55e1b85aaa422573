"""Tests of the noun `webhooks`."""
