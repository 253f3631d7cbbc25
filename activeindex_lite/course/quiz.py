"""The questions at the end of a lesson, as HTML that needs neither a kernel nor a script, and as plain text."""

from __future__ import annotations

import html
import re

from activeindex_lite.course.lesson_questions import Answer, Question, lesson

# Colours are second cues: the signs and the words say the same.
RIGHT, WRONG = ("#009E73", "✓ Right."), ("#D55E00", "✗ No.")
SUMMARY = "cursor:pointer;padding:.35em .6em;line-height:1.4"
BESIDE = "margin:0 0 .4em 1.2em;padding:.3em .8em;border-left:6px {} {}"


class Quiz:
    """Multiple-choice questions. A reader opens the answer that he believes in, and reads whether and why.

    Each answer is a <details>, so it works by mouse and keyboard, in JupyterLab, in saved outputs and in pages.
    """

    def __init__(self, questions: tuple[Question, ...], name: str = "quiz"):
        self.questions, self.name = questions, name

    def _repr_html_(self) -> str:
        asked = (self._question(number, question) for number, question in enumerate(self.questions, 1))
        return f'<div class="ai-quiz" style="max-width:46em">{"".join(asked)}</div>'

    def _question(self, number: int, question: Question) -> str:
        # Answers of one name close one another.
        group = html.escape(f"{self.name}-{number}")
        answers = "".join(_answer(answer, group) for answer in question.answers)
        return f"<p style='margin:1em 0 .3em'><strong>{number}. {inline(question.text)}</strong></p>{answers}"

    def __repr__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, 1):
            lines.append(f"{number}. {question.text}")
            lines += [f"   {letter}) {answer.text}" for letter, answer in zip("abcdef", question.answers)]
        lines.append("Answers")
        for number, question in enumerate(self.questions, 1):
            for letter, answer in zip("abcdef", question.answers):
                lines.append(f"{number}{letter}) {_mark(answer)[1]} {answer.why}".rstrip())
        return "\n".join(lines)


def ask(number: str) -> Quiz:
    """The three questions of a lesson; number: of its notebook, two digits, such as "02". ValueError for another."""
    return Quiz(lesson(number).questions, f"quiz-{number}")


def _mark(answer: Answer) -> tuple[str, str]:
    return RIGHT if answer.right else WRONG


def _answer(answer: Answer, group: str) -> str:
    colour, word = _mark(answer)
    beside = BESIDE.format("double" if answer.right else "solid", colour)
    return (
        f'<details name="{group}"><summary style="{SUMMARY}">{inline(answer.text)}</summary>'
        f'<p style="{beside}"><strong>{word}</strong> {inline(answer.why)}</p></details>'
    )


def inline(text: str) -> str:
    """A line of Markdown with *emphasis* and `code` as HTML."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", text)
