"""Tests of the application, room by room."""
