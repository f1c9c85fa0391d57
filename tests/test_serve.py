"""The server of the page: private by default, one sentence when it cannot listen, gone when it is told to go."""

import os
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from ui.serve import APP, PortTaken, _show, command, environment, serve, url

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_command_line_keeps_the_page_private() -> None:
    said = command("127.0.0.1", 8501)
    flags = dict(zip(said[5::2], said[6::2], strict=True))
    assert said[:5] == [sys.executable, "-m", "streamlit", "run", str(APP)]
    assert flags["--browser.gatherUsageStats"] == "false"
    assert flags["--server.address"] == "127.0.0.1"
    assert flags["--server.headless"] == "true"
    assert flags["--client.toolbarMode"] == "minimal"


def test_the_page_s_process_is_told_the_index_and_to_compute_in_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = environment(Path("index"))
    assert told["REPORTSEARCH_INDEX"] == str(tmp_path / "index")
    assert told["OPENBLAS_NUM_THREADS"] == "1"
    assert told["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)


def test_streamlit_itself_reads_the_same_settings_beside_the_page() -> None:
    settings = tomllib.loads((APP.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["client"]["toolbarMode"] == "minimal"


def test_a_taken_port_is_one_sentence_and_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as raised:
            serve(Path("nowhere"), "127.0.0.1", port)
    assert raised.value.fact == f"The page cannot listen on 127.0.0.1:{port} (Address already in use)."
    assert raised.value.advice == f"Choose another port: reportsearch ui --port {port + 1}"


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "http://127.0.0.1:8501"), ("0.0.0.0", "http://127.0.0.1:8501"), ("::1", "http://[::1]:8501")],
)
def test_the_printed_address_can_be_opened_here(host: str, shown: str) -> None:
    assert url(host, 8501) == shown


def test_the_page_answers_at_the_printed_address_and_ends_with_its_parent(tmp_path: Path) -> None:
    port = free_port()
    code = (
        f"import sys; from pathlib import Path; from ui.serve import serve; sys.exit(serve(Path('index'), port={port}))"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout is not None
        try:
            printed = server.stdout.readline().strip()
            assert printed == f"http://127.0.0.1:{port}"
            with build_opener(ProxyHandler({})).open(printed, timeout=10) as page:
                assert page.status == 200
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "Streamlit outlived the command that started it"


@pytest.mark.parametrize(("terminal", "screen"), [(True, ":0"), (True, ""), (False, ":0")])
def test_the_page_is_opened_for_a_person_only(monkeypatch: pytest.MonkeyPatch, terminal: bool, screen: str) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    _show("http://127.0.0.1:8501")
    assert opened == (["http://127.0.0.1:8501"] if terminal and screen else [])


def test_importing_the_page_does_nothing() -> None:
    heavy = {"streamlit.web.bootstrap", "tornado.httpserver", "faiss", "tantivy"}  # the first sight waits for none
    code = f"import sys, ui.app, ui.serve, ui.render; sys.exit(bool({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
