"""LinkedIn: posts of members and of organizations, as documents, pictures, videos, cards, polls and comments.

A closed platform: the operator makes an application there, and what it may do depends on the products that LinkedIn
has granted to it. Source: https://learn.microsoft.com/en-us/linkedin/
"""
