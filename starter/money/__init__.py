"""Commands about money: quotes, costs, caps, receipts, parked operations."""
