"""What people and systems ask for. Writes rows; never talks to AWS."""
