"""Start the page's server. Knows Streamlit's command line, not the page."""

import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from index.errors import ReportSearchError

APP = Path(__file__).with_name("app.py")
PATIENCE = 60.0  # seconds for Streamlit to answer; it needs about 3


class PortTaken(ReportSearchError):
    """Another program listens where the page should."""


def serve(index: Path, host: str = "127.0.0.1", port: int = 8501) -> int:
    """Serve the page until interrupted and return the exit code; raises PortTaken before anything is started."""
    _free(host, port)
    before = signal.signal(signal.SIGTERM, _stop)
    child = subprocess.Popen(command(host, port), env=os.environ | environment(index))
    try:
        _announce(child, host, port)
        return child.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _end(child)
        signal.signal(signal.SIGTERM, before)


def command(host: str, port: int) -> list[str]:
    """Return Streamlit's command line; what concerns privacy is said here, where no other setting overrides it."""
    flags = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "logger.hideWelcomeMessage": "true",
        "logger.level": "warning",
    }
    options = [part for name, value in flags.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *options]


def environment(index: Path) -> dict[str, str]:
    """Return what the page's process is told beside its command line."""
    return {
        "REPORTSEARCH_INDEX": str(Path(index).absolute()),
        "PYTHONPATH": _import_path(),
        # The products of one question are small: threads would cost more to wake than they save.
        "OPENBLAS_NUM_THREADS": "1",
    }


def url(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"The page cannot listen on {host}:{port} ({error.strerror}).",
                f"Choose another port: reportsearch ui --port {port + 1}",
            ) from error


def _import_path() -> str:
    # Streamlit puts ui/ first on sys.path, not the folder that holds index, search and ui.
    root = str(APP.parent.parent)
    return os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])


def _announce(child: subprocess.Popen[bytes], host: str, port: int) -> None:
    here = url(host, port)
    health = build_opener(ProxyHandler({}))  # a proxy of the environment knows nothing of this machine
    deadline = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < deadline:
        try:
            with health.open(f"{here}/_stcore/health", timeout=2):
                sys.stdout.write(f"{here}\n")
                sys.stdout.flush()
                _show(here)
                return
        except (URLError, OSError):
            time.sleep(0.1)


def _show(address: str) -> None:
    """Open the page where a person sits before it: at a terminal, on a machine with a screen."""
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if screen and sys.stdout.isatty():
        webbrowser.open(address)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
