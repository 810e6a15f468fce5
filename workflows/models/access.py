"""Who may do what: users and API tokens."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who signs in."""
