"""Tests that open our pages in a real browser, and the finder of that browser."""
