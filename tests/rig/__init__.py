"""The whole system in one deterministic simulation: bot, tenant, Teams and people on a virtual clock, from one seed."""
