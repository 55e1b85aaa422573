"""People: signing in, staying signed in, members of a workspace, passwords."""
