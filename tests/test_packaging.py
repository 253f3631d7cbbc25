"""What surrounds the code: environment.yml, README's commands, the size of the data, quick imports."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
# Names that conda-forge spells otherwise.
CONDA = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "playwright": "playwright-python"}

# Of these, conda-forge is not known to have any; what needs them skips without.
PIP_ALONE = {"axe-playwright-python"}


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


def test_explorers_of_the_readme_run(tmp_path):
    code = next(example for example in python_examples() if "Explorer" in example)
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "nprobe.html").stat().st_size > 1e6


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
        if path.name not in ("__init__.py", "data", "__pycache__")
    }
    assert set(rooms) == there
    for room, names in rooms.items():
        files = (path for path in (package / room).glob("*.*") if path.name not in ("__init__.py", "__main__.py"))
        assert sorted(names) == sorted(path.name.removesuffix(".py") for path in files), f"the map of {room}/"


def test_each_room_imports_only_from_rooms_above_it():
    package, order = ROOT / "activeindex_lite", [*rooms_of_the_map()]
    for path in package.rglob("*.py"):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        for used in re.findall(r"(?:from|import) activeindex_lite\.(\w+)", path.read_text()):
            assert room == "__init__" or order.index(used) <= order.index(room), (
                f"{path} imports {used}, which stands below {room}"
            )
