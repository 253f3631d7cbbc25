"""The course as data: what each notebook says about itself, and copies of notebooks that graders understand."""

from activeindex_lite.course.assignments import write_assignment
from activeindex_lite.course.badges import write_badges
from activeindex_lite.course.notebooks import read_course

__all__ = ["read_course", "write_assignment", "write_badges"]
