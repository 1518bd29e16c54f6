"""Django's backend for PostgreSQL, with a cheaper look at connections that come from the pool."""
