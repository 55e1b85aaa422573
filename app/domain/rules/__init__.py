"""The noun `rules`: its table, the quiet hours in it, and queries. It imports no other noun."""
