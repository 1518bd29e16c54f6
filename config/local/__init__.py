"""What a laptop needs and production must not: embedded servers, the demo's processes, free ports.

Nothing in here imports Django, so `manage.py` and the tests can call it before settings are read.
"""
