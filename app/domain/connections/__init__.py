"""The noun `connections`: its table, states and queries. It imports no other noun."""
