"""Django's `csrf_token` with the environment the page was made for beside it, so that no form can go without either."""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from workflows import sessions

register = template.Library()


class FormHead(CsrfTokenNode):
    """The hidden fields that every form of a page begins with."""

    def render(self, context: Context) -> str:
        """The token's field, and for somebody signed in that of the environment."""
        token = super().render(context)
        request = context.get("request")
        if request is None or not getattr(request, "user", None) or not request.user.is_authenticated:
            return token
        environment = sessions.environment(request)
        if environment is None:
            return token
        return token + format_html('<input type="hidden" name="{}" value="{}">', sessions.SEEN, environment.slug)


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormHead:
    """In place of Django's own."""
    return FormHead()
