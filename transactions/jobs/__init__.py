"""What workers do with transactions; imported inside task bodies only."""
