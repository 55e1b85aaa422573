"""The noun `tenants`: its table, states and queries. It imports no other noun."""
