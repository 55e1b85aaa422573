"""How each field is answered: thin functions that decode ids, call a query or a verb, and wrap the result."""
