"""Pages of hooks and their deliveries."""

from django.urls import path

from transactions.views import deliveries, hooks

app_name = "hooks"
urlpatterns = [
    path("", hooks.hook_list, name="list"),
    path("new", hooks.new_hook, name="new"),
    path("deliveries", deliveries.delivery_list, name="deliveries"),
    path("deliveries/<uuid:pk>", deliveries.delivery_page, name="delivery"),
    path("deliveries/<uuid:pk>/resend", deliveries.resend, name="resend"),
    path("<uuid:pk>", hooks.hook_page, name="hook"),
    path("<uuid:pk>/live", hooks.hook_live, name="live"),
    path("<uuid:pk>/edit", hooks.edit_hook, name="edit"),
    path("<uuid:pk>/verify", hooks.verify, name="verify"),
    path("<uuid:pk>/take-over", hooks.take_over, name="take-over"),
    path("<uuid:pk>/off", hooks.switch_off, name="off"),
    path("<uuid:pk>/rotate", hooks.rotate, name="rotate"),
    path("<uuid:pk>/end-overlap", hooks.end_overlap, name="end-overlap"),
    path("<uuid:pk>/delete", hooks.delete, name="delete"),
    path("<uuid:pk>/resend-failed", hooks.resend_failed, name="resend-failed"),
]
