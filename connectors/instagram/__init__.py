"""Instagram's professional accounts. Source: https://developers.facebook.com/docs/instagram-platform/."""
