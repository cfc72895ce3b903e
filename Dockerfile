# The production image: web server and worker are the same image with different commands.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.txt ./
RUN .venv/bin/pip install --require-hashes -r requirements.txt
COPY . .
# Static files do not depend on the environment; these values only let the settings load.
RUN SECRET_KEY=build ALLOWED_HOSTS=build EMAIL_URL=dummymail:// DATABASE_URL=postgres://build \
    STATIC_ROOT=/app/staticfiles .venv/bin/python manage.py collectstatic --noinput \
    && .venv/bin/python -m compileall -q accounts exam_platform exams questions results

FROM python:3.11-slim
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STATIC_ROOT=/app/staticfiles \
    MEDIA_ROOT=/data/media \
    GRANIAN_WORKERS=2 \
    GRANIAN_BLOCKING_THREADS=4
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app \
    && install -d -o app -g app /data/media
WORKDIR /app
# Owned by root: the process that serves strangers cannot change its own code.
COPY --from=build /app /app
USER 10001
EXPOSE 8000
VOLUME /data/media
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", \
     "--respawn-failed-workers", "--workers-kill-timeout", "30", "--no-access-log", \
     "exam_platform.wsgi:application"]
