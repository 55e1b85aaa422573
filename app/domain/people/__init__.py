"""The noun `people`: their tables, roles and queries. It imports no other noun."""
