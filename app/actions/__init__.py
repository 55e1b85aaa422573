"""The verbs: one a file, one short transaction of its caller's, no network, no commit.

A verb imports no other noun's verb: where it would, a flow is missing.
"""
