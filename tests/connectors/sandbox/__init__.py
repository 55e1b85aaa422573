"""Tests of the simulated platforms, over real HTTP on loopback. Imported by nobody."""
