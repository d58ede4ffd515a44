"""A small Microsoft 365 tenant that speaks Microsoft Graph and the login endpoint over HTTP."""
