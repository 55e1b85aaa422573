"""Meta's platforms, Facebook pages and Instagram: connectors over the Graph API, and their webhooks."""
