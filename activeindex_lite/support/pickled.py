"""Calling a function that comes as bytes: what passes them on, such as a scheduler, need not load what the function needs."""

import pickle


def call_pickled(data):
    """Call what pickle.dumps((function, arguments)) made, on the machine where it shall run, and return the result."""
    function, arguments = pickle.loads(data)
    return function(*arguments)
