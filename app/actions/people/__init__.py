"""The verbs of people, their sessions, memberships and invitations."""
