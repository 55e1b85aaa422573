"""What comes of incoming webhooks: taken in, brought to whom they concern, and given their effects once."""
