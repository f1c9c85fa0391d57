"""The README: its commands are understood, its files exist, it names every command, its Python works."""

import re
import shlex
from pathlib import Path

import pytest

from index import build_index
from ui.cli import parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "CHANGELOG.md", "index/model/README.md", "training/README.md")


def commands() -> list[str]:
    """Return every command that stands in a block of its own."""
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", README, re.S)
    lines = [line.removeprefix("$ ").removeprefix(".venv/bin/") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("reportsearch ")]


@pytest.mark.parametrize("line", [*commands(), *re.findall(r"`(reportsearch evaluate seeds[^`]*)`", README)])
def test_every_command_is_understood(line: str) -> None:
    arguments = shlex.split(line)[1:]
    if arguments == ["--help"]:
        return
    assert parser().parse_args(arguments).command == arguments[0]


def test_every_command_and_every_option_is_named() -> None:
    (action,) = (action for action in parser()._actions if action.dest == "command")
    assert action.choices is not None
    for name in action.choices:
        assert re.search(rf"`(reportsearch )?{name}\b", README), f"README.md does not name {name}"
    options = {o for command in action.choices.values() for a in command._actions for o in a.option_strings}
    for option in options - {"-h", "--help"}:
        assert re.search(rf"(?<!\S)`?{option}\b", README), f"README.md does not name {option}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    headings = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.M)}
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("#"):
            assert link[1:] in headings, link
        elif "://" not in link:
            assert ((ROOT / name).parent / link).exists(), link


def test_the_map_names_what_is_there() -> None:
    for folder in re.findall(r"^\| `([\w/]+)/` \|", README, re.M):
        assert (ROOT / folder).is_dir(), folder
    for folder, names in re.findall(r"^\| `(index|search|ui)/` \|(.*)$", README, re.M):
        for name in set(re.findall(r"`(\w+)`", names)):
            assert (ROOT / folder / f"{name}.py").is_file(), f"{folder}/{name}.py"


def test_the_two_commands_are_targets() -> None:
    for target in re.findall(r"^make (\w+)", README, re.M):
        assert re.search(rf"^{target}:", MAKEFILE, re.M), target


def test_three_lines_of_python_reach_a_hit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    build_index([ROOT / "seeds"], ".reportsearch")
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(compile(code, "README.md", "exec"), {})
    assert "能源" in capsys.readouterr().out
