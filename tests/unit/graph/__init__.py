"""The Graph client, from requests to rows."""
