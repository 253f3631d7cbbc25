"""Help of every command: each option is explained, in the words of docs/words.md, and shared options mean one thing."""

import argparse
import re

import pytest

from activeindex_lite import __version__
from activeindex_lite.cli.main import _parser, main

COMMANDS = next(a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction)).choices
# What reads as translated, and what has another name here.
NOT_SAID = r"\b(mend|alive|told|goes on|that is there|a vector|a picture and|probes|queries to activate)\b"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name):
    for action in COMMANDS[name]._actions:
        assert action.help, f"{name} {action.dest}"
    text = " ".join(COMMANDS[name].format_help().split())
    assert not re.search(NOT_SAID, text), re.search(NOT_SAID, text)


@pytest.mark.parametrize("option", ["--seed", "--alpha", "--originals", "--out", "--pictures", "--nprobe", "--index"])
def test_a_shared_option_has_one_type_everywhere(option):
    found = {
        (action.type, action.metavar)
        for name, parser in COMMANDS.items()
        for action in parser._actions
        if option in action.option_strings and name != "train" and not (name in ("walk", "live") and option == "--out")
    }
    assert len(found) == 1


@pytest.mark.parametrize("name", ["demo", "evaluate", "compare", "check-extractor", "sweep"])
def test_queries_is_the_older_name_of_originals(name):
    for option in ("--originals", "--queries"):
        assert COMMANDS[name].parse_args([option, "7"]).originals == 7
    text = COMMANDS[name].format_help()
    assert "--originals N" in text and "--queries" not in text


@pytest.mark.parametrize("name", ["demo", "compare"])
def test_the_seed_is_said_to_train_the_indexes(name):
    assert "the training of the indexes" in " ".join(COMMANDS[name].format_help().split())


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out == f"activeindex-lite {__version__}\n"


def test_messages_hold_no_codes_for_the_terminal(capsys):
    assert main(["demo", "--pictures", "a\x1b[31mred\rfolder"]) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said and "\r" not in said and "a\\x1b[31mred\\rfolder" in said
