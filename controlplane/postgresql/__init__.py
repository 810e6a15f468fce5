"""Django's backend for PostgreSQL, asking less."""
