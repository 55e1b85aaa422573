"""What Facebook Pages and Instagram share: the Graph API, its faults and budgets, one login, figures, webhooks.

`connectors.facebook` and `connectors.instagram` are the two platforms. Both stand on this package, not on each other.
"""
