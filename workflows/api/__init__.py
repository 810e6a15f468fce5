"""REST of functions, workflows and deployments, and what both halves' REST is made of: bodies, raw JSON, problems."""
