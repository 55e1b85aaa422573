"""The planner page: its route, and the page itself in a real browser."""
