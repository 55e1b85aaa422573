"""The noun `punctuality`: its table and queries. It imports no other noun."""
