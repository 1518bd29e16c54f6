# One image for web, workers and beat; the commands differ (deploy/compose.yaml, deploy/kubernetes).
# Target `web` is the usual one; `render` adds nothing but the proof that films can be made in it.
# A release pins it: --build-arg PYTHON_IMAGE=python:3.13-slim@sha256:… (docs/deployment.md).
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE} AS build
RUN pip install --no-cache-dir uv==0.9.11
WORKDIR /app
COPY requirements.lock ./
RUN uv venv /venv && uv pip sync --python /venv/bin/python --compile-bytecode --require-hashes requirements.lock
COPY . .
# Static files need settings, but no service and no secret of a deployment.
RUN DEVELOPMENT=1 STATIC_MANIFEST=1 DATABASE_URL=postgresql://nobody@localhost/none STATIC_ROOT=/app/.local/static \
    /venv/bin/python -m django collectstatic --noinput --settings config.settings \
    && /venv/bin/python -m compileall -q config students videos quizzes feed studio pipeline analytics

FROM ${PYTHON_IMAGE} AS web
ARG VERSION=0.1.0
ARG COMMIT=unknown
LABEL org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${COMMIT}"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app \
    && mkdir -p /data/media && chown -R 10001:10001 /data
COPY --from=build /venv /venv
COPY --from=build --chown=root:root /app /app
WORKDIR /app
# The root file system is read-only: what is written goes to /tmp, which lies in memory.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings VERSION=${VERSION} HOME=/tmp \
    STATIC_ROOT=/app/.local/static MEDIA_ROOT=/data/media WORK_DIR=/tmp/work LOCAL_DIR=/tmp/local
USER 10001
EXPOSE 8000 9100
CMD ["granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "2", "--backpressure", "64", \
     "--no-ws", "--workers-kill-timeout", "30", "--host", "0.0.0.0", "--port", "8000", "config.wsgi:application"]

# ffmpeg, the voice and the fonts come with the locked packages and with the sources; here they prove it.
FROM web AS render
RUN python -c "import subprocess, imageio_ffmpeg; subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), '-version'], check=True)" \
    && python -c "import espeakng_loader, cv2, av, PIL" && test -d /app/pipeline/media/assets/fonts
CMD ["celery", "-A", "config.celery", "worker", "--loglevel", "INFO", "--concurrency", "2", "-Q", "render"]
