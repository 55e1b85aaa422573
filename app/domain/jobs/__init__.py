"""The noun `jobs`: its table, states and queries. It imports no other noun."""
