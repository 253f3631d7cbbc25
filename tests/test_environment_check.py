"""The environment check: right about this environment, and clear about others that are made up here."""

import html
import importlib.metadata
import os
import subprocess
import sys

import pytest

from activeindex_lite.support import environment


def test_this_environment_runs_the_tests_so_its_packages_are_good():
    table = environment.check_environment().set_index("what")
    assert list(table.columns) == ["found", "needed", "ok", "how to fix"]
    for name in ("numpy", "torch", "torchvision", "jupyterlab", "anywidget", "ipywidgets"):
        assert (
            table.ok[name] and table.found[name] == importlib.metadata.version(name) and table["how to fix"][name] == ""
        )
    assert table.ok["Python"] and table.ok["features and weights"]


def test_nothing_heavy_is_imported():
    code = "import sys; from activeindex_lite.support.environment import check_environment; check_environment(); "
    code += "print({'torch', 'faiss'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


@pytest.fixture
def pretend(monkeypatch):
    """pretend(name=version or None): what importlib.metadata says is installed."""

    def pretend(**versions):
        real = importlib.metadata.version

        def version(name):
            if name.replace("-", "_") not in versions:
                return real(name)
            if versions[name.replace("-", "_")] is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return versions[name.replace("-", "_")]

        monkeypatch.setattr(importlib.metadata, "version", version)

    return pretend


def test_what_is_missing_or_too_old_is_named_with_the_line_that_fixes_it(pretend):
    pretend(anywidget="0.9.2", tqdm=None)
    table = environment.check_environment().set_index("what")
    assert (
        not table.ok["anywidget"]
        and table.found["anywidget"] == "0.9.2"
        and "anywidget>=0.9.10" in table["how to fix"]["anywidget"]
    )
    assert (
        not table.ok["tqdm"] and table.found["tqdm"] == "not installed" and "tqdm>=4.66" in table["how to fix"]["tqdm"]
    )


def test_condas_name_of_faiss_counts_and_a_local_version_is_no_trouble(pretend):
    pretend(faiss_cpu=None, faiss="1.12.0", torch="2.6.0+cpu")
    table = environment.check_environment().set_index("what")
    assert table.ok["faiss-cpu"] and table.ok["torch"]


def test_torch_of_another_torchvision(pretend):
    pretend(torch="2.4.1")
    row = environment.check_environment().set_index("what").filter(like="torch for torchvision", axis="index").iloc[0]
    assert not row.ok and row.found == "2.4.1" and "torchvision" in row["how to fix"]


def test_a_package_that_is_not_installed_itself(monkeypatch):
    def nothing(_):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "requires", nothing)
    (only,) = environment.dependencies()
    assert not only.ok and "pip install -e ." in only.fix


def container(folder, group="", **files):
    """A made-up /sys/fs/cgroup and /proc in which this process belongs to a group."""
    (folder / "sys" / group).mkdir(parents=True)
    (folder / "proc" / "self").mkdir(parents=True)
    (folder / "proc" / "self" / "cgroup").write_text(f"0::/{group}\n")
    (folder / "proc" / "meminfo").write_text("MemTotal: 64000000 kB\nMemAvailable:   51200000 kB\n")
    for name, text in files.items():
        (folder / "sys" / group / name.replace("_", ".", 1)).write_text(text)
    return folder / "sys", folder / "proc"


def test_memory_is_what_the_container_leaves(tmp_path):
    places = container(
        tmp_path,
        "pod/box",
        memory_max=str(2000 * 2**20),
        memory_current=str(1500 * 2**20),
        memory_stat=f"anon 5\ninactive_file {200 * 2**20}\n",
    )
    need = environment.memory(*places)
    assert need.found == "700 MB" and need.ok is False and "Shut Down All Kernels" in need.fix


def test_memory_without_a_limit_is_the_machines(tmp_path):
    need = environment.memory(*container(tmp_path, memory_max="max\n", memory_current="1"))
    assert need.found == "50,000 MB" and need.ok is True
    assert environment.memory(tmp_path / "nothing", tmp_path / "nothing").ok is None


@pytest.mark.skipif(sys.platform != "linux", reason="no /proc")
def test_memory_here_is_what_free_says():
    said = subprocess.run(["free", "-m"], check=False, capture_output=True, text=True).stdout.splitlines()
    if not said:
        pytest.skip("no free on this machine")
    assert environment.free_of_machine() == pytest.approx(int(said[1].split()[-1]), rel=0.2)


def test_fewer_cores_allowed_than_seen(tmp_path, monkeypatch):
    places = container(tmp_path, cpu_max="150000 100000\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    need = environment.cores(*places)
    assert need.ok is False and "64 seen, 1.5 allowed" in need.found and 'OMP_NUM_THREADS"] = "2"' in need.fix
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert environment.cores(*places).ok is True
    assert environment.cores(tmp_path / "none", tmp_path / "none").found == "64"


def test_a_crash_is_an_answer():
    assert environment.probe("adds", "1 + 1").ok is True
    crash = environment.probe("crashes", "import os; os.abort()")
    assert crash.ok is False and "stops with status" in crash.found
    assert "no_such_package" in environment.probe("imports", "import no_such_package").found
    assert "no answer" in environment.probe("waits", "import time; time.sleep(60)", timeout=1).found


def test_what_is_wrong_comes_first_and_in_words(pretend):
    pretend(plotly=None)
    shown = html.unescape(environment.show_environment().to_html())
    assert 0 < shown.find("✗ fix this") < shown.find("✓ good") and "plotly>=5.20" in shown
    before_details = shown[: shown.index("<details>")]
    assert "plotly" in before_details and "✓ good" not in before_details


def test_one_line_is_enough_when_all_is_well():
    """Whatever this computer lacks: a table of rows that are good."""
    good = [need for need in environment.needs() if need.ok]
    table = environment.Table(good)
    assert repr(table) == table.summary() and table.summary().startswith(f"✓ All {len(good)} checks are good: Python 3")
    shown = table.to_html()
    assert "<table" not in shown[: shown.index("<details>")] and shown.count("<tr>") == len(good) + 1
    assert table.whole().count("✓ good: ") == len(good)
    bad = environment.Table([*good, environment.Need("cores", "1", "2", False, "close programs")])
    assert repr(bad).splitlines() == [
        f"✗ 1 of {len(good) + 1} checks are not good:",
        "✗ fix this: cores, 1 (needed: 2)",
        "    close programs",
    ]


@pytest.mark.parametrize(
    "missing", [["pandas"], ["packaging"], ["lazy_loader"], ["numpy"], ["pandas", "numpy", "packaging", "lazy_loader"]]
)
def test_a_broken_installation_still_says_what_it_lacks(missing):
    """In a process of its own, in which these packages cannot be imported and count as not installed."""
    code = f"""
import importlib.metadata, sys
missing = {missing!r}
for name in missing:
    sys.modules[name] = None
real = importlib.metadata.version
def version(name):
    if name.replace("-", "_") in missing:
        raise importlib.metadata.PackageNotFoundError(name)
    return real(name)
importlib.metadata.version = version
from activeindex_lite.support.environment import show_environment
shown = show_environment()
print(shown)
assert "<table>" in shown.to_html()
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wrong = [line for line in done.stdout.splitlines() if line.startswith("✗ fix this")]
    assert sorted(line.split(": ")[1].split(",")[0].replace("-", "_") for line in wrong) == sorted(missing)


def test_at_import_the_check_needs_the_standard_library_alone():
    code = (
        "import sys; import activeindex_lite.support.environment; "
        "print({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], check=False, capture_output=True, text=True)
    assert done.stdout.strip() in ("{'activeindex_lite', '__main__'}", "{'__main__', 'activeindex_lite'}"), done.stderr
