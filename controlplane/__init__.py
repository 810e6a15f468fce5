"""The shell: wiring, no business rules. Imports nothing: installer and supervisor run without Django and Celery."""
