"""What people choose for themselves."""

from workflows.models import User


def set_theme(user: User, theme: str) -> None:
    """Light, dark or auto; anything else changes nothing."""
    if theme in User.Theme.values:
        User.objects.filter(pk=user.pk).update(theme=theme)
