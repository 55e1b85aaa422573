"""Tests of the simulated Bluesky. Imported by nobody."""
