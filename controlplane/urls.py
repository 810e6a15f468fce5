"""Every URL prefix of the project."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

from controlplane import health, metrics, sign_in, views
from controlplane.api import api

handler400 = "controlplane.views.bad_request"
handler403 = "controlplane.views.permission_denied"
handler404 = "controlplane.views.page_not_found"
handler500 = "controlplane.views.server_error"

admin.site.site_header = admin.site.site_title = "Signalbox admin"
admin.site.site_url = None  # the frame has a way back of its own

urlpatterns = [
    # First, for it is asked most often.
    path("api/v1/", api.urls),
    # Asked for by pages that name no icon: the admin's.
    path("favicon.ico", login_not_required(RedirectView.as_view(url="/static/mark.svg"))),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", views.overview, name="overview"),
    path("login", sign_in.SignIn.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("who", sign_in.who, name="who"),
    path("password", sign_in.ChangePassword.as_view(), name="password"),
    path("freshness", views.freshness, name="freshness"),
    path("search", views.search, name="search"),
    path("environment", views.choose_environment, name="choose-environment"),
    path("theme", views.choose_theme, name="choose-theme"),
    path("transactions/", include("transactions.urls")),
    path("hooks/", include("transactions.inbound_urls")),
    path("hooks/", include("transactions.hook_urls")),
    path("", include("workflows.urls")),
    path("admin/login/", sign_in.for_admin),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("admin/", admin.site.urls),
]
