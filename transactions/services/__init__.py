"""What people and systems ask of transactions. Writes rows; never talks to AWS."""
