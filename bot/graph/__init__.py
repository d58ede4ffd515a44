"""Microsoft Graph over HTTP: the only place that knows its JSON, its links, its limits and its tokens."""
