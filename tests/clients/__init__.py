"""The habits of clients that others write: what each sends and what it expects back, over real HTTP and sockets.

Nothing here knows the resolvers; where one of these fails, a client in the field fails.
"""
