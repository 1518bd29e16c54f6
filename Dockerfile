# One image for web, workers and beat; the commands differ (deploy/compose.yaml).
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /app
COPY requirements.lock ./
RUN uv venv /venv && uv pip sync --python /venv/bin/python --require-hashes requirements.lock
COPY . .
# Static files need settings, but no service and no secret of a deployment.
RUN DEVELOPMENT=1 DATABASE_URL=postgresql://nobody@localhost/none STATIC_ROOT=/app/.local/static \
    /venv/bin/python -m django collectstatic --noinput --settings config.settings

FROM python:3.13-slim
ARG VERSION=0.1.0
ARG COMMIT=unknown
LABEL org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${COMMIT}"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app \
    && mkdir -p /data/media /tmp/work && chown -R 10001:10001 /data /tmp/work
COPY --from=build /venv /venv
COPY --from=build --chown=root:root /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings VERSION=${VERSION} \
    STATIC_ROOT=/app/.local/static MEDIA_ROOT=/data/media WORK_DIR=/tmp/work
USER 10001
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "2", "--backpressure", "64", \
     "--no-ws", "--host", "0.0.0.0", "--port", "8000", "config.wsgi:application"]
