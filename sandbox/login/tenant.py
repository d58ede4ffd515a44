"""The tenant's own names."""

TENANT_ID = "3f6b1c52-0d3e-4d8a-9a55-5f1c0a7e0001"
TENANT_NAME = "contoso.onmicrosoft.com"
TENANT_DOMAIN = "contoso.com"
