"""Commands about accounts, campaigns, schedules and formats."""
