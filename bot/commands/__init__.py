"""What an operator runs beside the service: a look at everything, and work on a store whose service is stopped."""
