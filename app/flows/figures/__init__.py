"""Figures over time: collect them from the platforms, report them, hand them out as files."""
