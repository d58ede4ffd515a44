"""The sandbox tenant, spoken to over HTTP."""
