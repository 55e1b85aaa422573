"""The noun `webhooks`: its tables, states and queries. It imports no other noun."""
