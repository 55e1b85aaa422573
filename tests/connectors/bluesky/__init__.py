"""Tests of the Bluesky connector: pure files by themselves, the rest against the simulated server on loopback."""
