"""Pages of transactions, and of hooks with their deliveries. Thin: reads from selectors, changes through services."""
