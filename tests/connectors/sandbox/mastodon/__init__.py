"""Tests of the simulated Mastodon instance. Imported by nobody."""
