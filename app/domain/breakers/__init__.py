"""The noun `breakers`: its tables, states and queries. It imports no other noun."""
