"""A simulated Bluesky: a personal data server, its authorization server, the PLC directory and a little AppView.

Written from the AT Protocol's specifications and lexicons. Imported by the sandbox's server only.
"""
