"""How much is remembered: simulated children with several kinds of true memory (06, section 5).

A second opinion on our own assumptions: people and worlds import nothing of the project and share no
constant with it. Only `project` drives the real modules, on what the API could know.
"""
