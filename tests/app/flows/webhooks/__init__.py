"""Tests of what comes of incoming webhooks."""
