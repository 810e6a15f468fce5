"""What workers do: the only importers of `workflows.aws`; imported inside task bodies only."""
