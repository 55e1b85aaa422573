"""Tests of the technical services, against real servers."""
