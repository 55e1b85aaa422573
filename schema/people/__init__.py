"""Words about people: who they are, what they answer, how members are decided about."""
