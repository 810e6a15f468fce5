"""Pages of transactions."""

from django.urls import path

from transactions import presets
from transactions.views import transactions as views

app_name = "transactions"
urlpatterns = [
    path("", views.transaction_list, name="list"),
    path("newer", views.newer_count, name="newer"),
    path("export.csv", views.export, {"form": "csv"}, name="csv"),
    path("export.json", views.export, {"form": "json"}, name="json"),
    path("new", views.new_transaction, name="new"),
    path("presets", presets.save, name="preset-save"),
    path("presets/<int:pk>", presets.preset, name="preset"),
    path("presets/<int:pk>/delete", presets.delete, name="preset-delete"),
    path("summary", views.summary, name="summary"),
    path("predict", views.predict, name="predict"),
    path("<uuid:pk>", views.transaction_page, name="transaction"),
    path("<uuid:pk>/live", views.transaction_live, name="live"),
    path("<uuid:pk>/stop", views.stop_transaction, name="stop"),
    path("<uuid:pk>/redrive", views.redrive_transaction, name="redrive"),
    path("<uuid:pk>/again", views.run_again, name="again"),
    path("<uuid:pk>/<slug:tab>", views.transaction_page, name="tab"),
    path("<uuid:pk>/input.json", views.raw_input, name="input"),
    path("<uuid:pk>/output.json", views.raw_output, name="output"),
]
