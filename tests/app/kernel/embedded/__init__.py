"""Tests of the embedded servers: they start, kill and recover real ones in folders of their own."""
