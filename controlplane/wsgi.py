"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from controlplane.postgresql import patience

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")

application = get_wsgi_application()
patience.limit()
