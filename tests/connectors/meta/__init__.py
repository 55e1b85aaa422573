"""Tests of what Meta's platforms share."""
