"""Whether the jobs that wait will go out as things stand: what is read of them, what an allowance leaves, a verdict."""
