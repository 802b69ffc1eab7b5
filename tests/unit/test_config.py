"""Settings from an editor: what is good is taken, what is bad is named, nothing is fatal."""

from __future__ import annotations

import pytest

from soothsay.config import ModelSettings, Settings, decode_settings


def test_nothing_set_gives_the_defaults() -> None:
    for raw in ({}, None, {"model": None}, {"method": None}, {"model": {}}):
        assert decode_settings(raw) == (Settings(), [])


def test_nested_values_are_laid_over_the_defaults() -> None:
    settings, problems = decode_settings(
        {"method": "base", "model": {"name": "other", "context": 2048}, "trigger": {"threshold": 1}}
    )
    assert problems == []
    assert settings.method == "base"
    assert settings.model == ModelSettings(name="other", context=2048)
    assert settings.trigger.threshold == 1.0
    assert isinstance(settings.trigger.threshold, float)
    assert settings.completion == Settings().completion


@pytest.mark.parametrize("key", ["maxTokens", "max_tokens"])
def test_camel_case_and_snake_case(key: str) -> None:
    settings, problems = decode_settings({"completion": {key: 7}})
    assert (settings.completion.max_tokens, problems) == (7, [])


def test_acronyms_in_camel_case() -> None:
    settings, problems = decode_settings({"completion": {"maxLatencyMs": 99}, "index": {"allPackages": True}})
    assert (settings.completion.max_latency_ms, settings.index.all_packages, problems) == (99, True, [])


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"method": "magic"}, "soothsay.method: 'magic' is not one of base, dag, index_lookup"),
        ({"method": ["dag"]}, "soothsay.method: ['dag'] is not one of base"),
        ({"trigger": {"threshold": 7}}, "threshold: 7 is not a number between 0 and 1; using 0.0"),
        ({"trigger": {"threshold": "x"}}, "threshold: 'x' is not a number between 0 and 1; using 0.0"),
        ({"trigger": {"threshold": float("nan")}}, "threshold: nan is not a number between 0 and 1"),
        ({"trigger": {"threshold": True}}, "threshold: True is not a number between 0 and 1"),
        ({"model": {"context": 1.5}}, "context: 1.5 is not a whole number between"),
        ({"model": {"context": 10**9}}, "context: 1000000000 is not a whole number between"),
        ({"model": {"context": float("inf")}}, "context: inf is not a whole number between"),
        ({"model": {"name": 3}}, "soothsay.model.name: 3 is not a string; using 'qwen2.5-coder-0.5b'"),
        ({"index": {"enabled": 1}}, "soothsay.index.enabled: 1 is not true or false; using True"),
        ({"model": "qwen"}, "soothsay.model: 'qwen' is not an object; using the defaults"),
        ([1], "soothsay: [1] is not an object; using the defaults"),
        ("dag", "soothsay: 'dag' is not an object; using the defaults"),
    ],
)
def test_a_bad_value_is_a_message_and_the_default(raw: object, message: str) -> None:
    settings, problems = decode_settings(raw)
    assert settings == Settings()
    assert len(problems) == 1
    assert message in problems[0]
    assert "\n" not in problems[0]


def test_unknown_keys_are_named_with_a_suggestion() -> None:
    settings, problems = decode_settings({"model": {"nmae": "x"}, "colour": "red", 3: 4})
    assert settings == Settings()
    assert problems == [
        "soothsay.model.nmae: there is no such setting (did you mean name?); ignored",
        "soothsay.colour: there is no such setting; ignored",
        "soothsay.3: there is no such setting; ignored",
    ]


def test_a_bad_value_does_not_spoil_its_neighbours() -> None:
    settings, problems = decode_settings({"model": {"name": "mine", "threads": -1}, "method": "dag"})
    assert (settings.model.name, settings.model.threads, settings.method) == ("mine", 0, "dag")
    assert len(problems) == 1


def test_whole_numbers_may_be_written_as_floats() -> None:
    settings, problems = decode_settings({"model": {"context": 2048.0}})
    assert (settings.model.context, type(settings.model.context), problems) == (2048, int, [])


def test_keys_of_the_editor_are_not_ours() -> None:
    assert decode_settings({"trace": {"server": "verbose"}, "server": {"command": "x"}}) == (Settings(), [])


def test_long_values_are_cut_in_messages() -> None:
    _, problems = decode_settings({"method": "x" * 10_000})
    assert len(problems[0]) < 250
