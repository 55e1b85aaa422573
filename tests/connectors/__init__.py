"""Tests of the platform library; `suite.py` is the one conformance suite that every connector passes."""
