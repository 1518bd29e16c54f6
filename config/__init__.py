"""The project: settings, addresses, Celery, API-wide policy."""
