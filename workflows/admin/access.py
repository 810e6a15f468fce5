"""People, groups, API tokens and the keys of requests. A token's secret is shown once, when it is issued."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from workflows import scopes
from workflows.admin.bases import ReadOnly, ShowsSecretOnce, signed_in
from workflows.models import IdempotencyKey, SignInFailure, Token, User
from workflows.services import access, people

OURS = ("workflows", "transactions")
BUILT_IN = "This role is built in: it can be neither renamed nor deleted. What its members may do can be changed."


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """People. Nobody is deleted: who is not active cannot sign in, and what they did keeps their name."""

    list_display = ("username", "roles", "email", "first_name", "last_name", "is_active", "is_staff", "last_login")
    list_filter = ("groups", "is_active", "is_staff", "is_superuser")
    date_hierarchy = "date_joined"
    show_full_result_count = False
    fieldsets = (*UserAdmin.fieldsets, ("Preferences", {"fields": ("time_zone", "theme")}))  # type: ignore[misc]
    add_fieldsets = (
        *UserAdmin.add_fieldsets,
        ("Role", {"fields": ("groups",), "description": "Who is given the role admin may enter the admin too."}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the roles, in one query for all."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, person: User) -> str:
        """What they may do here, by name."""
        named = ", ".join(sorted(group.name for group in person.groups.all()))
        return named or ("superuser" if person.is_superuser else "none yet")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers are changed by superusers."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or signed_in(request).is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Only a superuser makes another."""
        always = ("last_login", "date_joined")
        return always if signed_in(request).is_superuser else (*always, "is_superuser", "user_permissions")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the service, groups and permissions included."""
        said = form.cleaned_data
        people.save_user(
            obj, by=signed_in(request), groups=said.get("groups"), permissions=said.get("user_permissions")
        )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Stock, and on the record."""
        rows = User.objects.filter(pk=id) if id.isdecimal() else User.objects.none()
        before = rows.first()
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            after = rows.first()
            if before and after and before.password != after.password:
                people.note_password(after, by=signed_in(request))
        return answer


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Roles: what their members may do. Those built in keep their names, and stay."""

    show_full_result_count = False
    fields = ("name", "permissions")
    actions = ("delete_selected",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those made here only."""
        return super().has_delete_permission(request, obj) and not (obj and people.is_built_in(obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The name of one built in."""
        return ("name",) if obj and people.is_built_in(obj) else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """With a sentence for those built in."""
        said = {"description": BUILT_IN} if obj and people.is_built_in(obj) else {}
        return [(None, {"fields": self.get_fields(request, obj), **said})]

    @admin.action(description="Delete selected %(verbose_name_plural)s", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Django's own, for those made here; which of the others stay is said."""
        built_in = [row for row in rows if people.is_built_in(row)]
        if built_in:
            names = ", ".join(sorted(row.name for row in built_in))
            self.message_user(request, f"Built in, and therefore not deleted: {names}.", messages.WARNING)
        own = rows.exclude(pk__in=[row.pk for row in built_in])
        return delete_selected(self, request, own) if own.exists() else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the service, permissions included."""
        people.save_group(obj, by=signed_in(request), permissions=form.cleaned_data["permissions"])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the service."""
        people.delete_group(obj, by=signed_in(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """By the service, one by one."""
        for group in queryset:
            people.delete_group(group, by=signed_in(request))


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new token; what it may be used for is chosen among permissions."""

    scopes = forms.MultipleChoiceField(
        required=False, help_text="Nothing chosen: whatever its user may do.", widget=forms.SelectMultiple({"size": 12})
    )

    class Meta:
        model = Token
        fields = ("user", "name", "expires_at", "scopes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Permission.objects.filter(content_type__app_label__in=OURS).select_related("content_type")
        names = sorted((f"{one.content_type.app_label}.{one.codename}", one.name) for one in found)
        single = [(name, f"{name}: {said}") for name, said in names]
        self.fields["scopes"].choices = [*scopes.LABELS.items(), *single]  # type: ignore[attr-defined]


@admin.register(Token)
class TokenAdmin(ShowsSecretOnce):
    """API tokens: issued and revoked, never changed, and never shown again."""

    form = TokenForm
    list_display = ("name", "prefix", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("user", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    date_hierarchy = "created_at"
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Never the digest."""
        asked = ("user", "name", "expires_at", "scopes")
        return (*asked, "prefix", "created_at", "last_used_at", "revoked_at") if obj else asked

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a revoked token stays to be told from others in the logs."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered; the service asks again."""
        return request.user.has_perm("workflows.change_token")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the service; the list shows the secret, this once."""
        token, secret = access.issue_token(
            obj.user, obj.name, by=signed_in(request), expires_at=obj.expires_at, scopes=obj.scopes
        )
        obj.__dict__.update(token.__dict__)
        self.hand_over(request, secret)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Nobody gets in with these any more."""
        revoked = sum(access.revoke_token(row, by=signed_in(request)) for row in rows.select_related("user"))
        self.message_user(request, f"{revoked} revoked.", messages.SUCCESS)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnly):
    """Which request a repeated key belongs to. Its answer may hold a secret, and is not shown."""

    list_display = ("key", "user", "status", "created_at")
    fields = ("key", "user", "fingerprint", "subject", "status", "created_at")
    list_filter = ("user", "created_at")
    list_select_related = ("user",)
    search_fields = ("=key", "=subject")


@admin.register(SignInFailure)
class SignInFailureAdmin(ReadOnly):
    """Sign-ins that failed lately."""

    list_display = ("at", "address")
    search_fields = ("=address",)
    date_hierarchy = "at"
    fields = ("at", "address")
