"""The noun `processes`: its table, states and queries. It imports no other noun."""
