"""Fields of forms: text of many lines, character for character but for the line ends a browser makes of it; rules."""

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from workflows import packaging


class LongText(forms.CharField):
    """Text of many lines, its ends written as one newline each."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """Browsers send every line end as two characters."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


class SourceText(LongText):
    """Text somebody else will read as code: blanks at its ends stay."""

    def __init__(self, **more: Any) -> None:
        super().__init__(strip=False, **more)


def rule(key: str, pattern: re.Pattern[str]) -> RegexValidator:
    """What a file of a definition may say under `key`, refused in the same words."""
    wanted = packaging.WANTED[key]
    return RegexValidator(rf"^(?:{pattern.pattern})\Z", f"{wanted[:1].upper()}{wanted[1:]}.")
