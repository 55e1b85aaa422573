"""The noun `parts`: what an installation consists of, its table and queries. It imports no other noun."""
