"""`joulemark serve`: what it answers, what it refuses, and that it goes on answering."""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from measured import MODELS, row, rows, store
from served import read_all, serving
from world import eventually

INDEX = "/api/v1/index.json"
ASK = f"GET {INDEX} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@pytest.fixture
def served(world):
    with serving(world, "--db", store(world, rows())) as running:
        yield running


def test_the_documents_of_a_database_are_answered(served):
    index = served.get(INDEX)
    assert index.status == 200 and index.headers["content-type"] == "application/json"
    (setup,) = index.json["setups"]
    assert setup["name"] == "gpu-torch" and setup["models"] == len(MODELS)
    models = served.get("/api/v1/models.json").json
    assert len(models["rows"]) >= len(MODELS)
    for entry in index.json["analyses"]:
        answer = served.get(f"/api/v1/{entry['path']}")
        assert answer.status == 200 and answer.json["analysis"] == entry["name"]
        assert served.get(f"/api/v1/{entry['path'][:-5]}.csv").headers["content-type"].startswith("text/csv")


def test_headers_keep_a_browser_safe_and_a_cache_right(served):
    answer = served.get(INDEX)
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; base-uri 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["date"].endswith(" GMT")
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_another_page_may_show_a_figure_and_read_nothing(served):
    """A frame needs that no frame-ancestors forbids it, an <img> that the resource policy allows it."""
    index = served.get(INDEX)
    assert "frame-ancestors" not in index.headers["content-security-policy"]
    assert index.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in index.headers
    entry = next(one for one in index.json["analyses"] if one["name"] == "frontier")
    analysis = served.get(f"/api/v1/{entry['path']}").json
    figure = served.get(f"/api/v1/{entry['path'].rpartition('/')[0]}/{analysis['figures'][0]['file']}")
    assert figure.status == 200 and figure.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "sandbox" in figure.headers["content-security-policy"]


def test_what_a_client_has_is_not_sent_again(served):
    first = served.get(INDEX)
    again = served.get(INDEX, if_none_match=first.headers["etag"])
    assert again.status == 304 and again.body == b"" and again.headers["etag"] == first.headers["etag"]
    assert served.get(INDEX, if_none_match='"other"').status == 200


def test_gzip_is_sent_to_who_takes_it(served):
    plain = served.get("/api/v1/models.json")
    packed = served.get("/api/v1/models.json", accept_encoding="gzip")
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 2
    assert packed.headers["vary"] == "Accept-Encoding" and packed.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in served.get("/api/v1/models.json", accept_encoding="gzip;q=0").headers


def test_head_announces_what_get_sends(served):
    got, head = served.get(INDEX), served.get(INDEX, method="HEAD")
    assert head.status == 200 and head.body == b""
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO"])
def test_nothing_can_be_changed(served, method):
    answer = served.get(INDEX, method=method)
    assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/api/v1/../../../etc/passwd",
        "//etc/passwd", "/api/v1/analyses", "/api/v1/analyses/", "/etc/passwd", "/proc/self/environ", "/index.html/..",
        "/%c0%ae%c0%ae/etc/passwd", "/..\\..\\etc\\passwd", "/api/v1/index.json/", "/" + "a" * 4000,
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_site(served, path):
    answer = served.get(path)
    assert answer.status == 404 and b"root:" not in answer.body


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /api/v1/index.json%00.html HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /% HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET index.html HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/7.0\r\nHost: localhost\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # TLS
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 2000 + b"\r\n", 431),
        (b"GET /api/v1/index.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 413),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 405),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 421),
        (b"GET http://localhost/api/v1/index.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200),
        (b"GET /api/v1/index.json HTTP/1.0\r\n\r\n", 200),
    ],
)
def test_each_malformed_request_gets_its_answer(served, request_, status):
    with served.connect() as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        answer = read_all(client)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]
    assert served.get(INDEX).status == 200


def test_a_connection_is_used_again_and_may_ask_ahead(served):
    with served.connect() as client:
        client.sendall(ASK * 3 + ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answers = read_all(client)
    assert answers.count(b"HTTP/1.1 200 OK") == 4


def test_a_thousand_connections_at_once_are_answered(served):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2000:
        pytest.skip(f"this machine lets a process open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        clients = [served.connect() for _ in range(1200)]
        for client in clients:  # all are open, none has asked
            client.sendall(ASK)
        for client in clients:
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        for client in clients:
            client.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert served.get(INDEX).status == 200


def test_under_full_load_every_answer_is_right(served):
    if not shutil.which("wrk"):
        pytest.skip("wrk, which makes the load, is not here")
    said = subprocess.run(
        ["wrk", "-t1", "-c500", "-d3s", "-H", "Accept-Encoding: gzip", f"http://127.0.0.1:{served.port}{INDEX}"],
        capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    assert "requests in" in said and "Non-2xx" not in said, said
    assert "Socket errors: connect 0, read 0, write 0" in said or "Socket errors" not in said, said
    assert served.get(INDEX).status == 200


def test_who_sends_a_byte_now_and_then_keeps_nobody_waiting_and_is_sent_away(served):
    slow = [served.connect() for _ in range(300)]
    request = iter(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 10_000)
    sent_away = set()

    def drip() -> bool:
        byte = bytes([next(request)])
        for client in slow:
            if client in sent_away:
                continue
            try:
                client.sendall(byte)
            except OSError:
                sent_away.add(client)
        assert served.get(INDEX).status == 200
        time.sleep(0.2)
        return len(sent_away) == len(slow)

    eventually(drip, "all slow clients are sent away", seconds=60)
    for client in slow:
        client.close()


def test_slow_clients_in_all_places_make_room(world):
    few = 100

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))

    with serving(world, "--db", store(world, rows()), preexec_fn=limit) as served:
        slow = [served.connect() for _ in range(few * 3)]
        for client in slow:
            client.sendall(b"GET / HT")
        for _ in range(20):
            assert served.get(INDEX).status == 200
        for client in slow:
            client.close()


def test_who_does_not_read_keeps_nobody_waiting(served):
    deaf = [served.connect() for _ in range(50)]
    for client in deaf:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /api/v1/models.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
    with ThreadPoolExecutor(8) as pool:
        assert all(r.status == 200 for r in pool.map(served.get, [INDEX] * 100))
    for client in deaf:
        client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(world, number):
    with serving(world, "--db", store(world, rows())) as served:
        idle, half = served.connect(), served.connect()
        half.sendall(b"GET / HT")
        assert served.get(INDEX).status == 200
        served.process.send_signal(number)
        assert served.process.wait(timeout=20) == 0
        assert idle.recv(1) == b"" and served.errors == []


def test_new_rows_are_shown_without_a_new_start(world):
    file = store(world, rows())
    with serving(world, "--db", file) as served:
        tag = served.get(INDEX).headers["etag"]
        with file.open("a") as out:
            out.write(json.dumps(row("vit_large_patch16_224", 200)) + "\n")
        time.sleep(5)  # two looks at the file; nobody asks, so whatever is measured here is left alone
        assert served.errors == []
        eventually(lambda: served.get(INDEX, if_none_match=tag).status == 200, "the new row is shown")
        assert served.get(INDEX).json["setups"][0]["models"] == len(MODELS) + 1
        with file.open("a") as out:
            out.write("no row\n")
        refused = lambda: served.get(INDEX) and any("stays as it was" in line for line in served.errors)  # noqa: E731
        eventually(refused, "it says why")
        assert served.get(INDEX).json["setups"][0]["models"] == len(MODELS) + 1


def test_a_database_that_is_measured_into_is_shown(world):
    world.artefact("first")
    world.artefact("second")
    assert world.measure("first").code == 0
    with serving(world) as served:
        assert served.get(INDEX).json["setups"][0]["models"] == 1
        assert world.measure("second").code == 0
        eventually(lambda: served.get(INDEX).json["setups"][0]["models"] == 2, "the second model is shown")
        said = len(served.errors)
        time.sleep(5)  # two more looks at the file, which reading it must not have changed
        assert len(served.errors) == said, served.errors


def test_a_database_without_rows_is_a_site_without_rows(world):
    world.artefact("only")
    assert world.measure("only").code == 0
    with sqlite3.connect(world.db) as db:
        db.execute("DELETE FROM window")
        db.execute("DELETE FROM record")
    with serving(world) as served:
        assert served.get(INDEX).json["setups"] == []
        assert served.get("/api/v1/models.json").json["rows"] == []
        assert world.measure("only").code == 0
        eventually(lambda: len(served.get(INDEX).json["setups"]) == 1, "the first row is shown")


def test_what_cannot_be_served_is_said(world):
    missing = world.run("serve", "--port", "0", "--api-only", "--db", world.folder / "none.sqlite", "--json")
    assert missing.code == 5 and missing.error["kind"] == "not_found"
    broken = world.folder / "broken.sqlite"
    broken.write_bytes(os.urandom(5000))
    refused = world.run("serve", "--port", "0", "--api-only", "--db", broken)
    assert refused.code not in (0, 1) and "broken.sqlite" in refused.err
    with serving(world, "--db", store(world, rows())) as served:
        taken = world.run("serve", "--port", served.port, "--api-only", "--db", store(world, rows()))
        assert taken.code == 7 and f"port {served.port}: another program does" in taken.err
        assert "--port 0" in taken.err
    assert world.run("serve", "--bind", "here", "--api-only").code == 2
    assert world.run("serve", "--bind", "203.0.113.7", "--api-only").code == 2
    assert world.run("serve", "--port", "70000", "--api-only").code == 2


def test_other_machines_are_let_in_only_when_asked_for_and_with_a_warning(world):
    with serving(world, "--db", store(world, rows())) as served:
        assert "http://127.0.0.1:" in served.said
        assert served.get(INDEX, host="evil.example").status == 421
    with serving(world, "--bind", "0.0.0.0", "--db", store(world, rows())) as served:
        assert served.get(INDEX, host="my-server.example").status == 200
        eventually(lambda: any("warning: other machines" in line for line in served.errors), "it warns")
