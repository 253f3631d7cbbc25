"""Activation, edits and search in a plain page: a compute core in C for the browser, and what is exported to it."""
