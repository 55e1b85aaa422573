"""The noun `media`: its table, states and queries. It imports no other noun."""
