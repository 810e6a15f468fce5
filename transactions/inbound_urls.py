"""Inbound hooks: the address other systems post to, and the pages."""

from django.urls import path

from transactions.views import inbound as pages

app_name = "inbound"
urlpatterns = [
    path("in/<slug:slug>", pages.receive, name="receive"),
    path("inbound/", pages.hook_list, name="list"),
    # The slash at its end keeps it apart from a hook of that name.
    path("inbound/new/", pages.new_hook, name="new"),
    path("inbound/<slug:slug>", pages.hook_page, name="hook"),
    path("inbound/<slug:slug>/edit", pages.edit_hook, name="edit"),
    path("inbound/<slug:slug>/test", pages.tester, name="test"),
    path("inbound/<slug:slug>/rotate", pages.rotate, name="rotate"),
    path("inbound/<slug:slug>/end-overlap", pages.end_overlap, name="end-overlap"),
    path("inbound/<slug:slug>/take-over", pages.take_over, name="take-over"),
    path("inbound/<slug:slug>/switch", pages.switch, name="switch"),
    path("inbound/<slug:slug>/delete", pages.delete, name="delete"),
]
