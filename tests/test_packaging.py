"""The package as a whole: where it is imported from, what imports what, and whether the wheel holds all it needs."""

import ast
import email
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import index
import search
import ui

ROOT = Path(__file__).parents[1]
PACKAGES = ("index", "search", "ui")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# Each engine has one door; another module that needs it goes through that door.
DOORS = {
    "charset_normalizer": {"index/reader.py"},
    "faiss": {"index/dense.py"},
    "filelock": {"index/generation.py"},
    "pyarrow": {"index/table.py"},
    "pypdfium2": {"index/formats/pdf.py"},
    "rjieba": {"index/words.py"},
    "sentence_transformers": {"index/transformer.py", "search/cross_encoder.py"},
    "Stemmer": {"index/words.py"},
    "streamlit": {"ui/app.py"},
    "tantivy": {"index/lexical.py"},
    "threadpoolctl": {"search/threads.py"},
    "tokenizers": {"index/encoder.py"},
}
# What the packages import without a door of its own: numbers everywhere but in the interface.
FREE = {"numpy"}
# Depended upon without being imported: whoever uses jieba's own dictionary finds it here, and it judges our cuts.
NOT_IMPORTED = {"jieba"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of everything a module imports, wherever in the module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            yield node.module or ""


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_the_packages_are_those_of_this_checkout() -> None:
    for package in (index, search, ui):
        assert package.__file__ is not None
        assert Path(package.__file__).parent.parent == ROOT


@pytest.mark.parametrize("engine", DOORS)
def test_each_engine_has_one_door(engine: str) -> None:
    assert {name_of(path) for path in MODULES if engine in tops(path)} <= DOORS[engine]


def test_everything_imported_is_depended_upon_and_the_other_way_round() -> None:
    third_party = {name for path in MODULES for name in tops(path)} - set(sys.stdlib_module_names) - set(PACKAGES)
    assert third_party <= set(DOORS) | FREE
    homes = packages_distributions()
    needed = {homes[name][0].lower().replace("_", "-") for name in third_party}
    declared = {line.split(">")[0].split("=")[0].lower().replace("_", "-") for line in PROJECT["dependencies"]}
    assert declared == needed | NOT_IMPORTED


def test_imports_point_one_way() -> None:
    for path in MODULES:
        package = name_of(path).split("/")[0]
        above = PACKAGES[PACKAGES.index(package) + 1 :]
        assert not tops(path) & {*above, "tests", "training", "benchmarks"}, name_of(path)


def test_the_interface_knows_no_engine() -> None:
    engines = set(DOORS) | FREE
    found = {name_of(path): tops(path) & engines for path in MODULES if name_of(path).startswith("ui/")}
    assert {name: engines for name, engines in found.items() if engines} == {"ui/app.py": {"streamlit"}}


def test_no_module_of_the_page_hides_another() -> None:
    """Streamlit puts ui/ first on the path, so its modules must not be named like anybody else's."""
    named = {path.stem for path in (ROOT / "ui").glob("*.py")} - {"__init__"}
    assert not named & {*sys.stdlib_module_names, *packages_distributions(), *PACKAGES}


def test_importing_has_no_effect(tmp_path: Path) -> None:
    names = [name_of(path)[:-3].replace("/", ".").removesuffix(".__init__") for path in MODULES]
    names.remove("ui.app")  # Streamlit's script: importing Streamlit itself sets MPLBACKEND
    code = (
        "import importlib, logging, os, signal, sys, threading\n"
        "def state(): return dict(os.environ), signal.getsignal(signal.SIGTERM), threading.active_count()\n"
        "before = state()\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "assert state() == before\n"
        "assert not any(logging.getLogger(name).handlers for name in ('', 'index', 'search', 'ui'))\n"
        "assert not os.listdir('.')"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_default_path_needs_neither_torch_nor_a_network(tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('a network was asked for')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from ui.cli import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'streamlit', 'sklearn', 'scipy', 'jieba'}\n"
        "heavy.add('pandas')  # which pyarrow imports where it turns a list or a numpy array into one of its own\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    for arguments in (["build", "seeds"], ["search", '"可持续" section:能源 谁负责？', "--json"]):
        command = [sys.executable, "-c", code, *arguments, "--index", str(tmp_path / "index")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


# --- the wheel -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    arguments = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    packages = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))
    here = {name_of(path) for path in packages if path.is_file() and "__pycache__" not in path.parts}
    here.discard("ui/page.png")  # the picture in the README
    assert held == here
    assert {"index/py.typed", "search/py.typed", "ui/py.typed", "ui/page.css", "ui/.streamlit/config.toml"} < held
    assert {"index/model/model.safetensors", "index/model/tokenizer.json", "index/tables/traditional.txt"} < held


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    told = email.message_from_bytes(archive.read(metadata))
    assert (told["Name"], told["Version"], told["License-Expression"]) == (
        "reportsearch",
        PROJECT["version"],
        "Apache-2.0",
    )
    assert any(name.endswith("/licenses/LICENSE") for name in archive.namelist())
    (entries,) = (name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert "reportsearch = ui.cli:main" in archive.read(entries).decode()


def test_the_wheel_works_away_from_the_repository(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site"), "REPORTSEARCH_INDEX": str(tmp_path / "index")}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "ui.cli", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("build", str(ROOT / "seeds")).startswith("generation 1: 2 reports")
    answer = json.loads(run("search", "首脑会议为实现可持续能源确定了哪几个重点领域？", "--json"))
    assert answer["hits"][0]["paragraph"] == "17"


def test_the_changelog_tells_of_this_version() -> None:
    headings = [
        line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if line.startswith("## ")
    ]
    assert headings[0].split()[1] == PROJECT["version"]
