"""Tests of the REST edges and pages: assets, policies, the playground and the connect pages."""
