"""Tests of the simulated LinkedIn, with a client of their own."""
