"""Files that were given to be taken, to look at; what they carry is not shown: it holds code and variables."""

from django.contrib import admin

from workflows.admin.bases import ReadOnly
from workflows.models import TemplateImport


@admin.register(TemplateImport)
class TemplateImportAdmin(ReadOnly):
    """Each file, and what was taken of it."""

    list_display = ("__str__", "created_by", "created_at", "taken_at", "note")
    list_filter = ("created_at",)
    list_select_related = ("created_by",)
    search_fields = ("file_name", "note")
    exclude = ("document",)
