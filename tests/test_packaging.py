"""What surrounds the code: environment.yml, README's commands, the size of the data, quick imports."""

import argparse
import ast
import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

import activeindex_lite
from tests import conftest

ROOT = Path(__file__).parent.parent
# Names that conda-forge spells otherwise.
CONDA = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "playwright": "playwright-python"}

# Of these, conda-forge is not known to have any; what needs them skips without.
PIP_ALONE = {"axe-playwright-python", "marionette_driver", "ziglang"}


@pytest.fixture(scope="module")
def project():
    tomllib = pytest.importorskip("tomllib")
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def names(requirements):
    return {re.split(r"[<>=!~\[ ;]", requirement)[0] for requirement in requirements}


def test_environment_lists_every_dependency(project):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge"]
    listed = names(environment["dependencies"])
    wanted = names([*project["dependencies"], *project["optional-dependencies"]["test"]]) - PIP_ALONE
    assert {CONDA.get(name, name) for name in wanted} <= listed
    assert any(re.fullmatch(r"python=3\.\d+", entry) for entry in environment["dependencies"])


def test_the_version_has_one_source():
    pyproject = (ROOT / "pyproject.toml").read_text()
    assert 'dynamic = ["version"]' in pyproject and 'path = "activeindex_lite/__init__.py"' in pyproject
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert str(citation["version"]) == activeindex_lite.__version__


def test_binder_uses_the_same_environment():
    # Where binder/ exists, repo2docker ignores what lies at the top.
    assert (ROOT / "binder" / "environment.yml").read_bytes() == (ROOT / "environment.yml").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="Binder's scripts are for Linux")
def test_binder_scripts():
    for name in ("postBuild", "start"):
        path = ROOT / "binder" / name
        assert os.access(path, os.X_OK) and "set -euo pipefail" in path.read_text()
        subprocess.run(["bash", "-n", path], check=True)
    assert "pip install --no-deps -e ." in (ROOT / "binder" / "postBuild").read_text()
    assert (ROOT / "binder" / "start").read_text().rstrip().endswith('exec "$@"')


@pytest.mark.skipif(os.name != "posix", reason="Binder's scripts are for Linux")
@pytest.mark.parametrize(("limit", "threads"), [("2.0", "2"), ("1", "1"), ("0.5", "1"), ("nonsense", "2"), (None, "2")])
def test_binder_starts_with_the_threads_of_its_quota(limit, threads):
    environment = {"PATH": os.environ["PATH"], **({"CPU_LIMIT": limit} if limit else {})}
    done = subprocess.run(
        [ROOT / "binder" / "start", "sh", "-c", "echo $OMP_NUM_THREADS $OPENBLAS_NUM_THREADS $1", "-", "a b"],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.stdout == f"{threads} {threads} a b\n"


def test_readme_opens_with_the_two_commands():
    commands = re.findall(r"^(pip install -e .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands[:2] == ["pip install -e . && activeindex-lite demo", 'pip install -e ".[test]" && pytest']


def python_examples():
    return re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.mark.slow
def test_explorers_of_the_readme_run(tmp_path):
    code = next(example for example in python_examples() if "Explorer" in example)
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "nprobe.html").stat().st_size > 1e6


@pytest.mark.slow
def test_python_example_of_the_readme_runs(tmp_path):
    code = next(example for example in python_examples() if "activate(" in example)
    done = subprocess.run(
        [sys.executable, "-c", code.replace("range(20)", "range(4)")],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "psnr" in done.stdout and "Contrast 2" in done.stdout


def test_data_is_small():
    sizes = [
        path.stat().st_size
        for path in (ROOT / "activeindex_lite").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert sum(sizes) < 40e6


def test_importing_is_light():
    code = "import sys, activeindex_lite; print(*{'torch', 'faiss', 'pandas', 'PIL', 'matplotlib'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True).stdout.strip() == ""
    )


def rooms_of_the_map():
    """{room: names of its files} in the order that docs/design.md prints, data/ left out."""
    text = (ROOT / "docs" / "design.md").read_text()
    rooms = {}
    for line in re.search(r"```\n(support/.*?)```", text, re.DOTALL)[1].splitlines():
        if found := re.match(r"(\w+)(?:/|\.py)\s", line):
            rooms[room := found[1]] = []
        else:
            rooms[room] += line.split()
    assert not rooms.pop("data")
    return rooms


def test_the_map_is_complete():
    package, rooms = ROOT / "activeindex_lite", rooms_of_the_map()
    there = {
        path.name.removesuffix(".py")
        for path in package.iterdir()
        if path.name not in ("__init__.py", "py.typed", "data", "__pycache__")
    }
    assert set(rooms) == there
    for room, names in rooms.items():
        files = (path for path in (package / room).glob("*.*") if path.name not in ("__init__.py", "__main__.py"))
        assert sorted(names) == sorted(path.name.removesuffix(".py") for path in files), f"the map of {room}/"


@functools.cache
def public_names():
    """{room: names that `activeindex_lite` gives}, the one dict in its __init__.py."""
    source = ast.parse((ROOT / "activeindex_lite" / "__init__.py").read_text(encoding="utf-8"))
    return ast.literal_eval(next(node for node in ast.walk(source) if isinstance(node, ast.Dict)))


def imported_rooms(path):
    """Rooms of this package that a file imports at any place: by import, by from, and by lazy_loader.load."""
    # What `activeindex_lite` itself gives: a public name -> its room.
    public = {name: room for room, names in public_names().items() for name in names}
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "activeindex_lite":
            modules = [f"activeindex_lite.{public.get(alias.name, alias.name)}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1 and path.parent.name != "activeindex_lite", f"{path}: an import across rooms by dots"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "lazy_loader.load":
            modules = [node.args[0].value]
        found |= {module.split(".")[1] for module in modules if module.startswith("activeindex_lite.")}
    return found - {"__version__"}


def test_each_room_imports_only_from_rooms_above_it():
    package, order = ROOT / "activeindex_lite", [*rooms_of_the_map()]
    files = [path for path in package.rglob("*.py") if path.parent != package or path.name != "__init__.py"]
    used = {path: imported_rooms(path) for path in files}
    for path, rooms in used.items():
        room = path.relative_to(package).parts[0].removesuffix(".py")
        below = {name for name in rooms if order.index(name) > order.index(room)}
        assert not below, f"{path} imports {below}, which the map prints below {room}"
    # The search saw the imports: the rooms of the pipeline use one another.
    assert {"support", "pictures", "extractor", "index", "evaluation"} <= set().union(*used.values())


def test_the_order_of_the_rooms_is_printed_once():
    rooms = set(rooms_of_the_map())
    listing = {}
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "tests").glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        starts = re.findall(r"^[\s\"'`|]*(\w+)/[\s\"'`|,]", text, re.MULTILINE)
        listing[path.name] = len(rooms & set(starts))
    assert {name for name, count in listing.items() if count > 5} == {"design.md"}


# --- what others run ------------------------------------------------------------------------------


def workflow_commands():
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            assert job["timeout-minutes"] <= 90
            yield from (step["run"] for step in job["steps"] if "run" in step)


def test_workflows_run_commands_that_exist():
    from activeindex_lite.cli.course import add_course

    parser = argparse.ArgumentParser()
    add_course(parser.add_subparsers())
    commands = [*workflow_commands()]
    assert ".ci/run" in commands and any(command.startswith(".ci/versions") for command in commands)
    for command in commands:
        program, *arguments = command.split()
        if program.startswith(".ci/"):
            assert os.access(ROOT / program, os.X_OK)
        elif program == "activeindex-lite":
            assert parser.parse_args(arguments).run
        else:
            assert program == "pip", command


@pytest.mark.parametrize("name", ["run", "versions"])
@pytest.mark.skipif(os.name != "posix", reason="scripts of bash")
def test_scripts_of_ci(name):
    path = ROOT / ".ci" / name
    subprocess.run(["bash", "-n", path], check=True)
    text = path.read_text()
    assert os.access(path, os.X_OK) and "set -euo pipefail" in text
    for file in re.findall(r"tests/test_\w+\.py", text):
        assert (ROOT / file).exists(), f".ci/{name} names {file}"


def test_ci_installs_what_the_readme_says():
    assert 'pip install -e ".[test]" && pytest' in (ROOT / "README.md").read_text()
    text = (ROOT / ".ci" / "run").read_text()
    assert 'pip install --quiet -e ".[test]"' in text and "python -m pytest" in text and "ruff check ." in text


def test_hooks_of_pre_commit_look_at_files_that_exist():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    named = {hook["id"]: hook for repository in hooks for hook in repository["hooks"]}
    assert {"ruff-check", "ruff-format", "nbstripout", "prettier"} == set(named)
    files = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.suffix in (".ipynb", ".js", ".css")]
    for hook in named.values():
        assert "files" not in hook or any(re.search(hook["files"], file) for file in files)


# --- the suite itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "argument", "workers", "dist"),
    [
        ({}, "tests", conftest.workers(), "loadscope"),
        ({}, "tests/test_packaging.py", None, "no"),
        ({"numprocesses": 0}, "tests", 0, "no"),
        ({"numprocesses": 3}, "tests/test_packaging.py", 3, "loadscope"),
        ({"numprocesses": 3, "dist": "load"}, "tests", 3, "load"),
        ({"usepdb": True}, "tests", None, "no"),
    ],
)
def test_the_whole_suite_runs_in_one_worker_per_core(given, argument, workers, dist):
    options = SimpleNamespace(**{"numprocesses": None, "dist": "no", "usepdb": False, "collectonly": False, **given})
    conftest.pytest_cmdline_main(SimpleNamespace(option=options, args=[str(ROOT / argument)]))
    assert (options.numprocesses, options.dist) == (workers, dist)


@pytest.mark.parametrize("arguments", [["-p", "no:xdist"], ["-n", "0"]])
def test_the_suite_runs_in_one_process(arguments):
    command = [sys.executable, "-m", "pytest", "-q", *arguments, ROOT / "tests" / "test_threads.py", "-k", "container"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout + done.stderr


def test_a_worker_runs_whole_files():
    files = [ROOT / "tests" / name for name in ("test_threads.py", "test_exercises_check.py")]
    command = [sys.executable, "-m", "pytest", "-n", "2", "-v", *files, "-k", "container or exercises_check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    ran = set(re.findall(r"\[(gw\d)\].* PASSED tests/(\w+)\.py", done.stdout))
    assert sorted(file for _, file in ran) == ["test_exercises_check", "test_threads"], done.stdout + done.stderr
    assert len({worker for worker, _ in ran}) == 2


def test_groups_of_tests():
    notebooks = [f"tests/test_notebooks.py::{test}[06_active_indexing]" for test in ("test_form", "test_runs")]
    assert len({conftest.group_of(nodeid) for nodeid in notebooks}) == 1
    assert conftest.group_of("tests/test_notebooks.py::test_form[07_perceptual_budget]") != conftest.group_of(
        notebooks[0]
    )
    assert conftest.group_of("tests/test_index.py::test_a[x]") == conftest.group_of(
        "tests/test_index.py::TestB::test_c"
    )
