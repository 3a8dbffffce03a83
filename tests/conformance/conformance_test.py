"""docs/worker-protocol.md, sentence by sentence, on any worker."""

from __future__ import annotations

import json
import statistics
import subprocess

import pytest

import subjects
from controller import LARGEST_PAYLOAD, RING_CAPACITY, WorkerEnded, frame, now

INVALID = "invalid_request"


def text(value) -> bool:
    return isinstance(value, str) and value != ""


def integer(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def run_params(subject, steps: int, depth: int = 2, batch: int | None = None) -> dict:
    return {"batch": batch or subject.a_batch(), "max_steps": steps, "queue_depth": depth}


def test_every_worker_of_the_build_is_tested():
    if subjects.GIVEN:
        pytest.skip("JOULEMARK_CONFORMANCE_WORKER names the one worker to test")
    if "torch" not in subjects.names():
        pytest.skip(f"the LibTorch worker is not built: there is no {subjects.program_of('torch')}")
    assert subjects.names() == ["reference", "torch"]


# --- start and end ------------------------------------------------------------------------------


def test_started_by_hand_it_explains_itself(subject):
    done = subprocess.run(
        [subject.program], stdin=subprocess.DEVNULL, capture_output=True, timeout=subjects.PATIENCE
    )
    assert done.returncode == 2
    assert b"--protocol-fd" in done.stderr


def test_bye_is_answered_and_ends_it(fresh):
    assert fresh.ask("bye") == {}
    assert fresh.exit_code() == 0


def test_end_of_file_ends_it(fresh):
    fresh.ask("hello", {"protocol": 1})
    fresh.hang_up()
    assert fresh.exit_code() == 0


def test_end_of_file_within_a_frame_ends_it(fresh):
    fresh.send(frame(b'{"id": 1}')[:-4])
    fresh.hang_up()
    fresh.exit_code()


# --- frames -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(frame(b"{}", magic=b"JMWQ"), id="another magic"),
        pytest.param(b"this is no frame, whatever its length may be", id="no frame"),
        pytest.param(frame(b"{}", version=2), id="another version"),
        pytest.param(frame(b"{}", length=LARGEST_PAYLOAD + 1), id="too large"),
        pytest.param(frame(b"{}", length=0xFFFFFFFF), id="4 GiB"),
    ],
)
def test_a_broken_stream_ends_it(fresh, bad):
    fresh.send(bad)
    with pytest.raises(WorkerEnded):
        fresh.receive()
    assert fresh.exit_code() != 0


def test_two_frames_may_come_at_once(worker):
    first, second = worker.request("hello", {"protocol": 1}), worker.request("nothing")
    worker.send(b"".join(frame(json.dumps(r).encode()) for r in (first, second)))
    assert worker.receive()["id"] == first["id"]
    assert worker.receive()["id"] == second["id"]


def test_a_frame_may_come_byte_by_byte(worker):
    request = worker.request("hello", {"protocol": 1})
    for byte in frame(json.dumps(request).encode()):
        worker.send(bytes([byte]))
    assert worker.reply_to(request["id"])["protocol"] == 1


def test_the_largest_frame_is_taken(worker):
    request = json.dumps(worker.request("hello", {"protocol": 1})).encode()
    worker.send(frame(request + b" " * (LARGEST_PAYLOAD - len(request))))
    assert worker.receive()["result"]["protocol"] == 1


# --- requests and replies -----------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)])
def test_a_reply_has_the_number_of_its_request(worker, number):
    worker.send(frame(json.dumps({"id": number, "method": "hello", "params": {"protocol": 1}}).encode()))
    assert worker.receive()["id"] == number


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"7", b"null", b'\xff\xfe"', b'{"method": "hello", "params": {}}']
)
def test_what_is_no_request_is_answered_without_a_number(worker, payload):
    worker.send(frame(payload))
    reply = worker.receive()
    assert reply["id"] is None
    assert reply["error"]["kind"] == INVALID


@pytest.mark.parametrize(
    "request_", [{"params": {}}, {"method": "hello"}, {"method": 1, "params": {}}, {"method": "hello", "params": []}]
)
def test_a_request_has_method_and_params(worker, request_):
    worker.send(frame(json.dumps({"id": 5, **request_}).encode()))
    reply = worker.receive()
    assert reply["id"] == 5
    assert reply["error"]["kind"] == INVALID


def test_an_unknown_method_is_refused_and_the_worker_goes_on(worker):
    assert worker.refusal("dance", {"tempo": 120}) == INVALID
    assert worker.ask("hello", {"protocol": 1})["protocol"] == 1


def test_every_request_before_its_time_is_refused(fresh, subject):
    assert fresh.refusal("input", {"images": 1}) == INVALID
    assert fresh.refusal("infer", {"batch": 1}) == INVALID
    assert fresh.refusal("run", run_params(subject, 1)) == INVALID
    fresh.ask("load", subject.load_params())
    assert fresh.refusal("infer", {"batch": subject.a_batch()}) == INVALID
    assert fresh.refusal("run", run_params(subject, 1)) == INVALID


# --- hello --------------------------------------------------------------------------------------


def test_hello_says_what_the_worker_is(fresh, subject):
    hello = fresh.ask("hello", {"protocol": 1, "a_later_field": None})
    assert hello["protocol"] == 1
    assert hello["pid"] == fresh.process.pid
    assert text(hello["worker"])
    assert text(hello["runtime_version"])
    assert subject.descriptor["format"] in hello["formats"]
    assert all(text(name) for name in hello["formats"])
    assert subject.device in [device["name"] for device in hello["devices"]]
    for device in hello["devices"]:
        assert text(device["name"])
        assert isinstance(device.get("pci_bus_id", ""), str)
        assert isinstance(device.get("description", ""), str)
        assert device.get("pci_bus_id") or not device["name"].startswith("cuda")


# --- load ---------------------------------------------------------------------------------------


def test_load_reports_memory_in_bytes_or_not_at_all(worker, subject):
    facts = worker.ask("load", subject.load_params(a_later_field=1))
    for field in ("device_memory_bytes", "host_memory_bytes"):
        assert field not in facts or (integer(facts[field]) and facts[field] > 0)


def test_settings_that_load_states_are_plain_values_by_name(worker, subject):
    settings = worker.ask("load", subject.load_params()).get("settings", {})
    assert isinstance(settings, dict) and len(settings) <= 64
    assert all(isinstance(value, (str, int, float, bool)) for value in settings.values())


def test_what_load_may_leave_out(worker, subject):
    params = subject.load_params()
    for field in ("threads", "cuda_graph", "options"):
        del params[field]
    worker.ask("load", params)


@pytest.mark.parametrize(
    "field", ["artefact", "format", "device", "precision", "layout", "input_shape", "classes"]
)
def test_load_needs_its_fields_in_their_types(worker, subject, field):
    params = subject.load_params()
    del params[field]
    assert worker.refusal("load", params) == INVALID
    assert worker.refusal("load", {**params, field: {}}) == INVALID


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("input_shape", [3, 32]),
        ("input_shape", [3, 0, 32]),
        ("classes", 0),
        ("threads", -1),
        ("cuda_graph", "yes"),
        ("options", []),
    ],
)
def test_load_refuses_values_out_of_range(worker, subject, field, value):
    assert worker.refusal("load", subject.load_params(**{field: value})) == INVALID


def test_a_missing_artefact_is_load_failed_and_the_worker_goes_on(worker, subject, tmp_path):
    missing = str(tmp_path / "模型 é.pt")
    assert worker.refusal("load", subject.load_params(artefact=missing)) == "load_failed"
    worker.ask("load", subject.load_params())


def test_a_file_that_is_no_model_is_load_failed(worker, subject, tmp_path):
    (tmp_path / "notes.txt").write_text("no model at all\n" * 100)
    notes = str(tmp_path / "notes.txt")
    assert worker.refusal("load", subject.load_params(artefact=notes)) == "load_failed"


def test_an_unknown_format_or_device_is_load_failed(worker, subject):
    assert worker.refusal("load", subject.load_params(format="cuneiform")) == "load_failed"
    assert worker.refusal("load", subject.load_params(device="cuda:99")) == "load_failed"


def test_a_load_that_fails_leaves_no_model(ready, subject, tmp_path):
    missing = str(tmp_path / "missing")
    assert ready.refusal("load", subject.load_params(artefact=missing)) == "load_failed"
    assert ready.refusal("input", {"images": subject.images}) == INVALID
    assert ready.refusal("infer", {"batch": subject.a_batch()}) == INVALID


def test_loading_again_forgets_the_input(ready, subject):
    ready.ask("load", subject.load_params())
    assert ready.refusal("infer", {"batch": subject.a_batch()}) == INVALID


# --- input and infer ----------------------------------------------------------------------------


def infer(worker, subject, indices: list[int], batch: int) -> list[float]:
    """Logits of these images of the reference."""
    worker.memory.put(subject.pixels_of(indices), 4 * len(indices) * subject.classes)
    assert worker.ask("input", {"images": len(indices)}) == {}
    assert worker.ask("infer", {"batch": batch}) == {}
    return worker.memory.logits()


def test_logits_are_the_reference_at_every_batch(loaded, subject):
    indices = list(range(subject.images))
    for batch in subject.batches():
        logits = infer(loaded, subject, indices, batch)
        assert subject.distance(logits, indices) < subject.tolerance, f"batch {batch}"


def test_the_input_may_grow_and_shrink(loaded, subject):
    few = [subject.images - 1]
    many = [i % subject.images for i in range(25 * subject.images + 1)]
    for indices in (few, many, few, list(reversed(range(subject.images)))):
        logits = infer(loaded, subject, indices, subject.a_batch())
        assert subject.distance(logits, indices) < subject.tolerance, f"{len(indices)} images"


def test_the_output_is_written_by_infer_and_not_beyond_its_rows(ready, subject):
    spare = 4 * 7
    rows = 4 * subject.images * subject.classes
    ready.memory.put(subject.pixels, rows + spare)
    ready.ask("input", {"images": subject.images})
    untouched = bytes([0xFF])
    offset, length = ready.memory.output
    assert set(ready.memory.map[offset : offset + length]) == set(untouched)
    ready.ask("infer", {"batch": subject.only_batch or subject.images + 1})
    assert set(ready.memory.map[offset + rows : offset + length]) == set(untouched)


def test_the_worker_keeps_a_copy_of_its_input(ready, subject):
    offset, length = ready.memory.input
    ready.memory.map[offset : offset + length] = bytes(length)
    ready.ask("infer", {"batch": subject.a_batch()})
    assert subject.distance(ready.memory.logits(), list(range(subject.images))) < subject.tolerance


@pytest.mark.parametrize("images", [0, -1, "1", 1.5, None, 2**30, 2**62])
def test_input_needs_a_number_of_images_that_are_there(ready, subject, images):
    assert ready.refusal("input", {"images": images}) == INVALID
    assert ready.refusal("infer", {"batch": subject.a_batch()}) == INVALID


def test_input_needs_room_for_images_and_logits(loaded, subject):
    loaded.memory.put(subject.pixels, 4 * subject.images * subject.classes - 4)
    assert loaded.refusal("input", {"images": subject.images}) == INVALID
    loaded.memory.put(subject.pixels[:-4], 4 * subject.images * subject.classes)
    assert loaded.refusal("input", {"images": subject.images}) == INVALID


@pytest.mark.parametrize("batch", [0, -1, "1", None])
def test_infer_needs_a_batch(ready, batch):
    assert ready.refusal("infer", {"batch": batch}) == INVALID
    assert ready.refusal("infer", {}) == INVALID


# --- run ----------------------------------------------------------------------------------------


def run(worker, subject, steps: int, depth: int = 2, batch: int | None = None) -> list[int]:
    """A run of so many steps: its stamps, as many as the ring holds, after the checks of every run."""
    worker.memory.begin_run()
    before = now()
    result = worker.ask("run", run_params(subject, steps, depth, batch))
    after = now()
    assert result["steps"] == steps
    assert worker.memory.written() == steps
    assert 0 <= result.get("waited_s", 0) <= 1e-9 * (after - before)
    stamps = worker.memory.stamps()
    assert stamps == sorted(stamps)
    assert all(before <= stamp <= after for stamp in stamps)
    return stamps


@pytest.mark.parametrize("depth", [1, 3, 64])
@pytest.mark.parametrize("steps", [1, 7])
def test_a_run_completes_the_steps_asked_for(ready, subject, steps, depth):
    assert len(run(ready, subject, steps, depth)) == steps


def test_a_run_takes_any_batch(ready, subject):
    for batch in subject.batches():
        run(ready, subject, 3, batch=batch)


def test_a_run_goes_on_until_it_is_stopped(ready, subject):
    ready.memory.begin_run()
    number = ready.send_request("run", run_params(subject, 0))
    deadline = now() + int(subjects.PATIENCE * 1e9)
    seen = 0
    while seen < RING_CAPACITY + 3:
        assert now() < deadline, f"{seen} steps only"
        assert ready.memory.written() >= seen, "completions are counted backwards"
        seen = ready.memory.written()
    assert ready.silent(), "a run of no end was answered"
    ready.memory.set_stop(1)
    steps = ready.reply_to(number)["steps"]
    assert steps == ready.memory.written() >= seen
    assert ready.memory.stamps() == sorted(ready.memory.stamps())


def test_a_run_that_is_stopped_before_it_begins_does_nothing(ready, subject):
    ready.memory.begin_run()
    ready.memory.set_stop(1)
    assert ready.ask("run", run_params(subject, 0))["steps"] == 0
    assert ready.memory.written() == 0
    assert set(ready.memory.ring()) == {0}


def test_every_run_counts_from_its_beginning(ready, subject):
    first = run(ready, subject, 6)
    second = run(ready, subject, 2)
    assert ready.memory.ring()[2:] == [0] * (RING_CAPACITY - 2)
    assert second[0] >= first[-1]


def test_the_ring_goes_round(ready, subject):
    stamps = run(ready, subject, 2 * RING_CAPACITY + 5)
    assert len(stamps) == RING_CAPACITY
    ring = ready.memory.ring()
    assert ring[4] == stamps[-1]
    assert ring[5] == stamps[0]


def test_a_step_is_stamped_when_it_is_complete(ready, subject):
    """A worker that stamps several steps together says that the last ones took no time. On a device
    with a queue a busy host can do that too, but not always.
    """
    shares = []
    for _ in range(5):
        stamps = run(ready, subject, RING_CAPACITY, depth=5)
        gaps = [b - a for a, b in zip(stamps, stamps[1:])]
        shares.append(statistics.mean(gaps[-4:]) / statistics.median(gaps))
        if shares[-1] > 0.3:
            return
    pytest.fail(f"the last four of {RING_CAPACITY} steps take {max(shares):.2f} of the time of the others")


def test_run_and_infer_do_not_disturb_each_other(ready, subject):
    run(ready, subject, 2, batch=subject.batches()[0])
    ready.ask("infer", {"batch": subject.a_batch()})
    assert subject.distance(ready.memory.logits(), list(range(subject.images))) < subject.tolerance
    run(ready, subject, 2, batch=subject.batches()[-1])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("batch", value) for value in (0, -1, "1", None)),
        *(("max_steps", value) for value in (-1, "1", None)),
        *(("queue_depth", value) for value in (0, -1, 1025, "1", None)),
    ],
)
def test_a_run_needs_sound_numbers(ready, subject, field, value):
    params = run_params(subject, 1)
    assert ready.refusal("run", {**params, field: value}) == INVALID
    del params[field]
    assert ready.refusal("run", params) == INVALID
    run(ready, subject, 1)


# --- the protocol and nothing else --------------------------------------------------------------


def test_chatter_goes_to_the_log_and_not_into_the_protocol(fresh, subject):
    if subject.name != "reference":
        pytest.skip("only the reference worker can be asked to chatter")
    fresh.ask("load", subject.load_params(options={"chatter": True}))
    fresh.memory.put(subject.pixels, 4 * subject.images * subject.classes)
    fresh.ask("input", {"images": subject.images})
    fresh.ask("infer", {"batch": 1})
    run(fresh, subject, 3)
    assert fresh.silent()
    log = fresh.log.read_text()
    assert log.count("a library talks on stdout") >= 3
    assert log.count("and on stderr") >= 3


def test_garbage_of_a_worker_is_found(fresh, subject):
    """That this test sees what it looks for: the reference worker writes bytes that are no frame."""
    if subject.name != "reference":
        pytest.skip("only the reference worker can be asked for garbage")
    number = fresh.send_request("load", subject.load_params(options={"garbage": True}))
    with pytest.raises(AssertionError, match="no frame"):
        fresh.reply_to(number)
