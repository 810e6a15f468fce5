"""Pages of functions, workflows, deployments and activity. Thin: reads from selectors, changes through services."""
