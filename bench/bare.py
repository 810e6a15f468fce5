"""What `bench.api` compares with: a bare Django view, `json.loads` and one INSERT, and nothing else of ours."""

import json
import os

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY=os.urandom(25).hex(),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {**environ.Env.db_url_config(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": 60}},
)


def accept(request: HttpRequest) -> HttpResponse:
    """Read the body, keep it, say so."""
    value = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_bare (workflow, input) VALUES (%s, %s) RETURNING id",
            [value["workflow"], json.dumps(value["input"])],
        )
        (pk,) = cursor.fetchone()
    return HttpResponse(json.dumps({"id": pk}), status=201, content_type="application/json")


urlpatterns = [path("api/v1/transactions", accept)]
application = get_wsgi_application()
