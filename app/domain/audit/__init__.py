"""The noun `audit`: its table, states and queries. It imports no other noun."""
