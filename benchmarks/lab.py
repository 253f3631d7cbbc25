"""A JupyterLab of our own in headless Chromium: start the server, open a notebook, run all its cells."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FOLDERS = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "IPYTHONDIR",
    "MPLCONFIGDIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
)
PROMPTS = "[...document.querySelectorAll('.jp-InputPrompt')].map(p => p.textContent)"
# Runs all cells, or the first code cell that contains a text. The promise is not awaited: Lab keeps it when all have
# run, or never.
RUN = """(only) => {
  if (!only) return void jupyterapp.commands.execute("runmenu:run-all");
  const notebook = jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.findIndex(
    ({ model }) => model.type === "code" && model.sharedModel.getSource().includes(only)
  );
  return void jupyterapp.commands.execute("notebook:run-cell");
}"""
# Whether all code cells, or the first one that contains a text, have run since their results were cleared.
DONE = """(only) => {
  const cells = jupyterapp.shell.currentWidget.content.widgets.filter(({ model }) => {
    const source = model.sharedModel.getSource();
    return model.type === "code" && source.trim() && (!only || source.includes(only));
  });
  return (only ? cells.slice(0, 1) : cells).every(({ model }) => model.executionCount);
}"""
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
QUIET = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
# Lab prints these when a page is left, reloaded or connected anew during a question to the kernel.
NOT_OURS = ("Could not restore the debugger state", "Canceled future for ")


@contextmanager
def jupyter_lab(root):
    """A JupyterLab on loopback that serves the folder root: yields (address, token); leaves nothing behind."""
    with tempfile.TemporaryDirectory() as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, **{name: f"{home}/{name.lower()}" for name in FOLDERS}}
        settings = Path(environment["JUPYTERLAB_SETTINGS_DIR"]) / QUIET
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
        token = secrets.token_hex(16)
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={root}",
            # As window.jupyterapp, so that `run_all` can give commands that no dialog covers.
            "--LabApp.expose_app_in_browser=True",
        ]
        server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/api/status?token={token}", server)
            yield address, token
        finally:
            _end(server)


def _end(server, seconds=20):
    server.terminate()
    try:
        server.wait(seconds)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(seconds)


def _wait(address, server, seconds=120):
    for _ in range(10 * seconds):
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended at its start, with status {server.returncode}")
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"JupyterLab did not answer within {seconds} s")


@contextmanager
def chromium():
    """A headless Chromium, closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def watched(page):
    """The page with a list `problems`: console errors (NOT_OURS apart), uncaught exceptions, requests beyond this
    computer.
    """
    page.problems = []
    page.set_default_timeout(120_000)
    page.on(
        "console",
        lambda message: (
            page.problems.append(message.text) if message.type == "error" and not _is_labs_own(message.text) else None
        ),
    )
    page.on("pageerror", lambda error: None if _is_labs_own(str(error)) else page.problems.append(str(error)))
    page.on(
        "request",
        lambda request: (
            page.problems.append(request.url) if re.match(r"http(?!://127\.0\.0\.1[:/])", request.url) else None
        ),
    )
    return page


def _is_labs_own(text):
    # Of connections, only those to a kernel that Lab has replaced.
    lost = re.match(r"WebSocket connection to 'ws://127\.0\.0\.1:\d+/api/kernels/.* 404$", text)
    return bool(lost) or re.sub(r"^(Uncaught |\(in promise\) |Error: )+", "", text).startswith(NOT_OURS)


def start_kernel(address, token, notebook):
    """Start the kernel of a notebook, or find the one that it has.

    Lab then opens the notebook with this kernel. Without one it asks in a dialog, again and again on a busy machine.
    """
    asked = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": "python3"}}
    _ask(f"{address}/api/sessions", token, json.dumps(asked).encode())


def end_kernels(address, token):
    """End every kernel of the server; notebooks stay as they were saved."""
    for session in json.loads(_ask(f"{address}/api/sessions", token)):
        _ask(f"{address}/api/sessions/{session['id']}", token, method="DELETE")


def _ask(address, token, data=None, method=None):
    request = urllib.request.Request(address, data, {"Authorization": f"token {token}"}, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def _is_answered(page, tries=20):
    """Accept Lab's dialogs "Select Kernel", in which Python is preselected: whether they are gone after some tries."""
    asked = page.locator(".jp-Dialog", has_text="Select Kernel")
    for _ in range(tries):
        if not asked.count():
            return True
        page.evaluate("document.querySelectorAll('.jp-Dialog .jp-mod-accept').forEach((button) => button.click())")
        page.wait_for_timeout(500)
    return False


def _open(page, address, token, notebook):
    """Open a notebook of the server without the results that Lab may have saved of an earlier run: a cell with a number
    has then run now.
    """
    start_kernel(address, token, notebook)
    page.goto(f"{address}/lab/tree/{notebook}?token={token}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_selector(IDLE, state="attached")
    page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")


def run_all(page, address, token, notebook, only=None, seconds=300):
    """Open a notebook of the server in the page and run its cells; returns when the kernel is idle again.

    only: run just the first code cell that contains this text. TimeoutError after so many seconds, or if Lab runs
    nothing.
    """
    _open(page, address, token, notebook)
    # Lab drops the command on a fresh kernel about once in four: repeat it until a cell has run.
    for _ in range(10):
        if not _is_answered(page):
            # On a busy machine Lab sometimes asks for a kernel for ever, though there is one.
            _open(page, address, token, notebook)
            continue
        page.evaluate(RUN, only)
        page.wait_for_timeout(2000)
        page.wait_for_selector(IDLE, state="attached", timeout=1000 * seconds)
        page.wait_for_function(f"!({PROMPTS}).some(p => p.includes('*'))", timeout=1000 * seconds)
        # A kernel that connects anew drops the cells that wait for it: some have run then, and others never will.
        if page.evaluate(DONE, only):
            return
    raise TimeoutError(f"JupyterLab did not run {notebook} to its end, asked ten times")
