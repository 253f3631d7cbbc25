"""The course: predictions and questions of its notebooks, what they say of themselves, and copies for graders."""

import lazy_loader

# Lazily: a notebook that only asks questions loads no nbformat.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "assignments": ["write_assignment"],
        "badges": ["write_badges"],
        "glossary": ["glossary"],
        "notebooks": ["read_course"],
        "predictions": ["predict"],
        "quiz": ["ask"],
    },
)
