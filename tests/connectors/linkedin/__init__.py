"""Tests of the LinkedIn connector, on the simulated LinkedIn."""
