"""The noun `keys`: its table, states and queries. It imports no other noun."""
