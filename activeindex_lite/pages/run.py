"""Running a notebook for its page: its results, and a separate page for each of its explorers."""

from __future__ import annotations

from pathlib import Path

import nbformat

from activeindex_lite.course.notebooks import is_exercise

# Runs in the notebook's kernel, ahead of its cells: an explorer that is shown also writes its page, and an <iframe>
# into the output. Deferred by name, so that a notebook without explorers loads nothing more.
SETUP = """
def _activeindex_pages(folder, stem):
    import html
    from itertools import count
    from pathlib import Path

    numbers = count(1)

    def frame(explorer):
        from activeindex_lite.pages.frames import write_frame

        name = f"{{stem}}-explorer-{{next(numbers)}}.html"
        write_frame(explorer, Path(folder) / name)
        title = html.escape(explorer.title)
        return f'<iframe class="explorer" src="explorers/{{name}}" title="{{title}}" loading="lazy"></iframe>'

    formatter = get_ipython().display_formatter.formatters["text/html"]
    formatter.for_type_by_name("activeindex_lite.widgets.module", "Explorer", frame)


_activeindex_pages({folder!r}, {stem!r})
del _activeindex_pages
"""


class NotebookFailed(ValueError):
    """A notebook that does not run to its end."""


def run_notebook(path: Path, explorers: Path, timeout: int = 600) -> nbformat.NotebookNode:
    """The notebook at path with the results of running it in its own folder; its explorers' pages go to the folder
    explorers.

    An exercise shows its stub and not the stub's verdict, which would be "not yet". NotebookFailed if a cell raises an
    error or takes longer than timeout, in seconds.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.read(path, as_version=4)
    setup = nbformat.v4.new_code_cell(SETUP.format(folder=str(explorers.resolve()), stem=path.stem))
    notebook.cells.insert(0, setup)
    # The kernel runs on this machine: its warning about an unencrypted connection would only alarm.
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise NotebookFailed(
            f"{path} stops with {error.ename}: {error.evalue[:200]}; open it in JupyterLab and run all cells to see "
            "where"
        ) from error
    except (CellTimeoutError, DeadKernelError) as error:
        what = (
            "its kernel died" if isinstance(error, DeadKernelError) else f"a cell ran for more than {timeout} seconds"
        )
        raise NotebookFailed(
            f"{path}: {what}; close other programs and try again, finished notebooks do not run again"
        ) from error
    del notebook.cells[0]
    for cell in filter(is_exercise, notebook.cells):
        cell.outputs = []
    return notebook
