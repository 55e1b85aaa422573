"""Tests of what an operator gets: the compose file, the image, the example settings."""
