# One image for every process: the command chooses web, worker or beat (docker-compose.yml). Nothing of the tools that
# built it is left in it, and it runs as a user without a name or a home.

FROM node:24.11.1-trixie-slim AS frontend
WORKDIR /build
COPY controlplane/frontend/package.json controlplane/frontend/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY controlplane/frontend/ ./
RUN node build.mjs

FROM python:3.13.11-slim-trixie AS packages
COPY requirements/base.txt /build/
# The environment gets no pip of its own; the lock is complete, so nothing is resolved and nothing comes without its hash.
RUN python -m venv --without-pip /srv/venv \
    && pip --disable-pip-version-check --no-cache-dir --python /srv/venv/bin/python \
        install --require-hashes --no-deps --only-binary :all: -r /build/base.txt

FROM python:3.13.11-slim-trixie AS signalbox
ENV PATH=/srv/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    CELERY_SKIP_CHECKS=true \
    DJANGO_SETTINGS_MODULE=controlplane.settings \
    SIGNALBOX_VAR=/srv/var
WORKDIR /srv/signalbox
RUN pip uninstall --yes --quiet --root-user-action ignore pip \
    && groupadd --gid 10001 signalbox \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin signalbox
COPY --from=packages /srv/venv /srv/venv
COPY . .
COPY --from=frontend /build/dist controlplane/frontend/dist
RUN python manage.py collectstatic --noinput --verbosity 0
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# For the web process; the other services of docker-compose.yml have checks of their own.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "--log-level", "warning", "controlplane.wsgi:application"]
