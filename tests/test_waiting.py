"""The bar of a long cell: it says what is done in a notebook, is gone afterwards, and elsewhere is not there."""

from contextlib import suppress

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from activeindex_lite.support.waiting import waiting

SHOWN = """
from IPython.display import display
from unittest.mock import patch
from activeindex_lite.support import waiting as module
seen, bar = [], module._bar
with patch.object(module, "_bar", lambda *said: seen.append(bar(*said)) or seen[-1]):
    made = list(module.waiting(["IVF", "<PQ>"], "activating for"))
seen, made
"""
LEFT = "from activeindex_lite.support.waiting import waiting\nfor x in waiting([1, 2], 'step'):\n    {}\nx"


def run(source):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    with suppress(CellExecutionError):
        NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook.cells[0].outputs


def test_elsewhere_items_pass_without_a_word(capsys):
    assert list(waiting(iter("abc"), "letters", total=3)) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_in_a_notebook_it_says_what_is_done_and_goes(capsys):
    shown = run(SHOWN)
    said = shown[-1].data["text/plain"]
    for text in (
        "activating for ... (0 of 2 done)",
        "activating for IVF (0 of 2 done)",
        "for &lt;PQ&gt; (1 of 2 done)",
    ):
        assert text in said, said
    assert "['IVF', '<PQ>']" in said
    assert shown[0].data["text/html"] == "" and len(shown) == 2


@pytest.mark.parametrize(
    ("line", "last"), [("pass", "execute_result"), ("1 / 0", "error"), ("break", "execute_result")]
)
def test_the_bar_goes_whether_the_work_ends_well_or_not(line, last):
    shown = run(LEFT.format(line))
    assert shown[0].data["text/html"] == "" and shown[-1].output_type == last and len(shown) == 2
