"""Tests of `app/domain/posts`."""
