"""The feed under load: speed as ratios of one run, statements counted, processor time a request."""
