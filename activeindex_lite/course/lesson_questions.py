"""The predictions and questions of a lesson, read from questions/NN.md: one readable source for notebooks and pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "questions"
PREDICT, QUESTION = "Predict: ", "Question"
# What a prediction asks for, where it is no choice: > number, 0 to 100, % of the originals
NUMBER = re.compile(r"> number(?:, (?P<low>\S+) to (?P<high>\S+))?(?:, (?P<unit>.+))?")
# > curve, nprobe: 1 2 4 8 16, R@1: 0 to 1
CURVE = re.compile(r"> curve, (?P<across>[^:]+): (?P<at>[^,]+), (?P<up>[^:]+): (?P<low>\S+) to (?P<high>\S+)")


@dataclass(frozen=True)
class Answer:
    """One answer of a question; why: what is right or wrong with it, in one or two sentences."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """A multiple-choice question."""

    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Asked:
    """What to predict. kind: "choice", "number" or "curve"; the rest as in `Prediction` of widgets/prediction.py."""

    text: str
    kind: str
    form: dict


@dataclass(frozen=True)
class Lesson:
    """The file of one lesson: predictions {name: Asked} and questions."""

    title: str
    predictions: dict[str, Asked]
    questions: tuple[Question, ...]


@cache
def lesson(number: str) -> Lesson:
    """The predictions and questions of notebook `number`, two digits; ValueError if there is no such notebook."""
    path = FOLDER / f"{number}.md"
    known = sorted(path.stem for path in FOLDER.glob("[0-9][0-9].md"))
    if number not in known:
        raise ValueError(f"{number!r} has no questions: expected the number of a notebook, {', '.join(known)}")
    return read_lesson(path.read_text(encoding="utf-8"), path.name)


def read_lesson(text: str, where: str) -> Lesson:
    """A Lesson from Markdown; ValueError, which begins with `where`, for a section of another form.

    "# Title", then sections: "## Predict: name" with the text and either answers "- text" or a line "> number, ..." or
    "> curve, ..." (see NUMBER and CURVE); "## Question" with the text and answers "- [x] text" (right) or "- [ ] text",
    each with its explanation in the indented lines below it.
    """
    title, *sections = re.split(r"^## ", text.removeprefix("# "), flags=re.MULTILINE)
    predictions, questions = {}, []
    for section in sections:
        heading, _, body = section.strip().partition("\n")
        if heading.startswith(PREDICT):
            predictions[heading.removeprefix(PREDICT)] = _asked(body.strip(), f"{where}, {heading!r}")
        elif heading == QUESTION:
            questions.append(_question(body.strip(), f"{where}, question {len(questions) + 1}"))
        else:
            raise ValueError(f"{where}, {heading!r}: expected '## Predict: name' or '## Question'")
    return Lesson(title.strip(), predictions, tuple(questions))


def _asked(body: str, where: str) -> Asked:
    text, *rest = re.split(r"^(?=- |> )", body, flags=re.MULTILINE)
    text = _line(text)
    if number := NUMBER.fullmatch(rest[0].strip()) if len(rest) == 1 else None:
        low, high = (number[end] and float(number[end]) for end in ("low", "high"))
        return Asked(text, "number", {"low": low, "high": high, "unit": number["unit"] or ""})
    if curve := CURVE.fullmatch(rest[0].strip()) if len(rest) == 1 else None:
        form = {"across": curve["across"], "at": curve["at"].split(), "up": curve["up"]}
        return Asked(text, "curve", form | {"low": float(curve["low"]), "high": float(curve["high"])})
    options = [_line(option.removeprefix("- ")) for option in rest]
    if len(options) < 2 or not text:
        raise ValueError(f"{where}: expected a text and two or more answers '- ...', '> number ...' or '> curve ...'")
    return Asked(text, "choice", {"options": options})


def _question(body: str, where: str) -> Question:
    text, *rest = re.split(r"^- (?=\[[ x]\] )", body, flags=re.MULTILINE)
    answers = []
    for answer in rest:
        said, _, why = answer[4:].partition("\n  ")
        answers.append(Answer(_line(said), answer[1] == "x", _line(why)))
    if not text.strip() or sum(answer.right for answer in answers) != 1:
        raise ValueError(f"{where}: expected a text and answers '- [ ] ...', of which one is right, '- [x] ...'")
    return Question(_line(text), tuple(answers))


def _line(text: str) -> str:
    return " ".join(text.split())
