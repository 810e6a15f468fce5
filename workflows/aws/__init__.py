"""THE GATEWAY: the only code that calls AWS. Plain values and frozen dataclasses in and out; imported by jobs only.

botocore's exceptions never leave it; those of `errors` do. Nothing here is called inside a database transaction.
"""
