"""A simulated LinkedIn: sign-in with an operator's application, pages with roles, the versioned API, uploads.

Source: https://learn.microsoft.com/en-us/linkedin/
"""
