"""Tests of `app.graphql`."""
