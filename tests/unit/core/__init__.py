"""Tests of the domain, the policy and the use cases."""
