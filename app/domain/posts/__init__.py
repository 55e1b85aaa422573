"""The noun `posts`: its table, states and queries. It imports no other noun."""
