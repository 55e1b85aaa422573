"""The nouns. Each folder holds one noun: its table, its states, its queries. No noun imports another."""
