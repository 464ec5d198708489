"""The `sayso` command as a reader meets it: what it prints, and how it ends."""

from __future__ import annotations

import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from server.settings import ENVIRONMENT_ONLY, Settings
from tests.server.process import Process, sayso
from tests.server.running import blocks, until


def test_version() -> None:
    done = sayso("--version")
    assert (done.returncode, done.stdout) == (0, f"sayso {version('sayso')}\n")


def test_help_names_every_setting() -> None:
    done = sayso("serve", "--help", COLUMNS="200")
    assert done.returncode == 0
    assert "--token " not in done.stdout
    for name in Settings.model_fields.keys() - ENVIRONMENT_ONLY:
        assert f"--{name.replace('_', '-')} " in done.stdout
        assert f"SAYSO_{name.upper()}" in done.stdout
    for default in ("127.0.0.1", "8377", "8000000", "5000", "20000"):
        assert default in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--port", "x"], {}, "--port"),
        (["--port", "70000"], {}, "--port"),
        (["--max-blocks", "0"], {}, "--max-blocks"),
        (["--engine", "abacus"], {}, "--engine: must be one of auto"),
        (["--log-level", "loud"], {}, "--log-level"),
        ([], {"SAYSO_PORT": "x"}, "SAYSO_PORT"),
        ([], {"SAYSO_CACHE_SENTENCES": "-1"}, "SAYSO_CACHE_SENTENCES"),
        ([], {"SAYSO_TOKEN": "short"}, "SAYSO_TOKEN: a token is 16 or more"),
        (["--token-file", "no-such-file"], {}, "--token-file: cannot be read"),
        (["--allowed-hosts", "sayso.example"], {}, "--allowed-hosts: needs a token"),
        (["--allowed-hosts", "a b"], {"SAYSO_TOKEN": "0123456789abcdef"}, "'a b' is not a host name"),
        (["--model", "no-such-folder"], {}, "no-such-folder"),
        (["--host", "no.such.host.invalid"], {}, "no.such.host.invalid"),
        (["--host", "192.0.2.1"], {}, "192.0.2.1"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    arguments: list[str], environment: dict[str, str], said: str
) -> None:
    done = sayso("serve", *arguments, **environment)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("sayso: ")
    assert said in line


def test_a_bad_token_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret in a file")
    for arguments, environment in (((), {"SAYSO_TOKEN": "secret"}), (("--token-file", str(file)), {})):
        done = sayso("serve", *arguments, **environment)
        assert done.returncode == 2
        assert "secret" not in done.stderr


def test_several_bad_values_are_all_named() -> None:
    done = sayso("serve", "--port", "x", SAYSO_MAX_BLOCKS="y")
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == ["--port", "SAYSO_MAX_BLOCKS"]


def test_the_command_line_wins_over_the_environment(tmp_path: Path) -> None:
    done = sayso("serve", "--model", "from-the-command-line", SAYSO_MODEL="from-the-environment")
    assert "from-the-command-line" in done.stderr


def test_a_model_folder_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    done = sayso("serve", "--port", "0", "--model", str(tmp_path))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("sayso: ")
    assert str(tmp_path) in line


def test_a_port_that_another_program_has() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = sayso("serve", "--port", str(port))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"port {port} is in use" in line
    assert "--port" in line


def test_a_port_that_sayso_has() -> None:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"name":"sayso"}')

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        done = sayso("serve", "--port", str(other.server_port))
        other.shutdown()
    assert done.returncode == 1
    assert "already runs" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_it_loads(tmp_path: Path, number: signal.Signals) -> None:
    with Process("serve", "--port", "0", folder=tmp_path) as process:
        process.listening()
        assert process.client.get("/health").json()["status"] == "loading"
        assert process.stop(number) == 0
        assert process.output.read_text().endswith("Stopped.\n")
        assert process.log.read_text() == ""


def test_it_warns_of_an_address_that_others_can_reach(tmp_path: Path) -> None:
    with Process("serve", "--port", "0", "--host", "0.0.0.0", folder=tmp_path) as process:
        process.listening()
        assert "warning: other machines can reach 0.0.0.0" in process.log.read_text()
        assert process.client.get("/health").status_code == 200
        assert process.client.get("/health", headers={"Host": "0.0.0.0"}).status_code == 403
        assert process.stop() == 0


def test_it_stops_in_the_middle_of_work(tmp_path: Path) -> None:
    with Process("serve", "--port", "0", SAYSO_CACHE_SENTENCES="0", folder=tmp_path) as process:
        process.ready()
        assert "Ready in " in process.output.read_text()
        texts = [f"The council met {n} times in {1000 + n}, and it was a disgrace." for n in range(5_000)]
        answered: list[httpx.Response] = []

        def ask() -> None:
            answered.append(process.client.post("/v1/analyze", json={"blocks": blocks(*texts)}))

        reader = threading.Thread(target=ask)
        reader.start()
        with httpx.Client(base_url=process.client.base_url, trust_env=False) as other:
            until(lambda: "sayso_queue_requests 1.0" in other.get("/metrics").text, "the work")
        assert process.stop() == 0
        reader.join()
        assert answered[0].status_code == 503
        assert answered[0].json()["error"]["code"] == "stopping"
        assert process.output.read_text().endswith("Stopped.\n")
