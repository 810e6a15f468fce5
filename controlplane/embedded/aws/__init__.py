"""The embedded AWS: ministack behind a guard, with mends where it differs from AWS in what the product shows.

Runs in its own process and virtual environment, where neither Django nor anything else of ours is: this package
imports nothing of ours outside itself.
"""
