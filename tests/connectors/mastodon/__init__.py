"""Unit tests of the Mastodon connector; the conformance run stands in `tests/connectors/test_mastodon.py`."""
