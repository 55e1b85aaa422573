"""Facebook Pages over the Graph API. Sources: https://developers.facebook.com/docs/pages-api and the pages it links."""
