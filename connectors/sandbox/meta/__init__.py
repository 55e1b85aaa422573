"""A simulated Meta: Facebook's dialog and Graph API, Instagram's own sign-in and API, the host that takes videos.

One server plays all hosts; each has its name as the first part of the path. Written from Meta's documentation and
checked against its own description. Imported by the sandbox's server only.
"""
