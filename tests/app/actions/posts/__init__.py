"""Tests of `app/actions/posts`."""
