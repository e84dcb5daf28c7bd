"""A person's word on its way to a workflow: wire names, payloads, and the doors."""
