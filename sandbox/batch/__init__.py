"""Several requests in one: POST /v1.0/$batch."""
