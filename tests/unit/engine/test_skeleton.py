"""What is known of a call is written, what nobody knows is a tab stop."""

from collections.abc import Mapping, Sequence

import pytest
from fakes import function

from soothsay.engine.layout import Style
from soothsay.engine.skeleton import Facts, Skeleton, Step
from soothsay.engine.tab_stops import still_inside
from soothsay.engine.types import TabStop
from soothsay_index.types import Parameter
from soothsay_languages.python import LANGUAGE
from soothsay_languages.typescript import TYPESCRIPT
from soothsay_languages.typescript.known_values import ScriptValues

VALUES = LANGUAGE.values() if LANGUAGE.values else None
CREATE = function("client.create_job", "*", "jobName", "roleArn", "tags=", "kind=").parameters or ()
PAY = function("shop.pay", "order", "amount", "note=").parameters or ()
PARAMETERS = {"client.create_job": CREATE, "shop.pay": PAY, "shop.close": ()}
STYLE = Style(79, "    ", '"')


def blank(_callee: str, parameter: Parameter):
    assert VALUES is not None
    text = Parameter(parameter.name, annotation="str" if parameter.name in ("jobName", "roleArn") else "int")
    return VALUES.blank(text, '"', "", "")


def ways_of(callee: str) -> Sequence[Sequence[Parameter]]:
    return (PARAMETERS[callee],) if callee in PARAMETERS else ()


def skeleton(
    before: str = "", named: Mapping[str, str] = {}, style: Style = STYLE, defined: bool = True
) -> Skeleton:
    facts = Facts(ways_of, lambda _: named, blank, lambda _: defined)
    return Skeleton(before, LANGUAGE, facts, style)


def write(writing: Skeleton, pieces: Sequence[tuple[str, float]], text: str = "") -> str:
    """What comes of a model that would write ``pieces``, each with its probability."""
    step = writing.go_on(text, 1.0)
    text = step.text if step else text
    for piece, probability in pieces:
        text += piece
        step = writing.go_on(text, probability)
        text = step.text if step else text
    return text


def filled(text: str, stops: Sequence[TabStop]) -> str:
    """The text as an editor shows it that takes snippets."""
    for stop in reversed(stops):
        text = f"{text[: stop.start]}<{stop.label}>{text[stop.end :]}"
    return text


def test_required_keywords_are_written_and_values_are_the_models() -> None:
    pieces = [("client.create_job", 1.0), ("(", 1.0), ('"a', 0.9), ('",', 0.9), ("role", 0.9), (")", 1.0)]
    assert write(skeleton(), pieces) == 'client.create_job(jobName="a", roleArn=role)'


@pytest.mark.parametrize("bracket", ["(j", "(role", "(tags", "(\n    role"])
def test_a_keyword_that_begins_in_the_token_of_the_bracket_is_written_as_well(bracket: str) -> None:
    """Of those that must be given the first comes first, whichever the model has begun."""
    assert skeleton().go_on(f"client.create_job{bracket}", 0.9) == Step("client.create_job(jobName=")


@pytest.mark.parametrize("value", ["(or", "(**", '("a', "(order, am", "(3"])
def test_what_may_be_a_value_is_left_to_the_model(value: str) -> None:
    assert skeleton().go_on(f"shop.pay{value}", 0.9) is None


def test_a_name_in_scope_is_the_value() -> None:
    named = {"jobName": "job_name", "roleArn": "role_arn"}
    writing = skeleton(named=named)
    assert writing.go_on("client.create_job(", 1.0) == Step(
        "client.create_job(jobName=job_name, roleArn=role_arn", ended=True
    )


def test_a_string_that_the_model_guesses_is_a_tab_stop() -> None:
    writing = skeleton("x = ")
    text = write(writing, [("client.create_job(", 1.0), ('"my', 0.2), ('"other', 0.1), (")", 1.0)])
    assert text == 'client.create_job(jobName="", roleArn="")'
    shown, stops = writing.finished(text)
    assert filled(shown, stops) == 'client.create_job(jobName="<jobName>", roleArn="<roleArn>")'


def test_what_documents_have_in_place_of_values_is_never_a_value() -> None:
    text = write(skeleton(), [("client.create_job(", 1.0), ('"...', 0.99), ("...", 0.99)])
    assert "..." not in text and text.endswith('roleArn=""')


@pytest.mark.parametrize("value", ['"...",', '"...")', "...)", "..., "])
def test_nor_where_one_token_holds_it_and_what_ends_it(value: str) -> None:
    text = write(skeleton(), [(value, 0.99)], "client.create_job(jobName=")
    assert text == 'client.create_job(jobName="", roleArn='


def test_dots_elsewhere_are_no_value() -> None:
    assert skeleton().go_on("x: int = ...\ny = [...]\nother(a=...", 0.9) is None


def test_a_name_that_the_model_guesses_is_written_and_a_tab_stop() -> None:
    writing = skeleton()
    text = write(writing, [("shop.pay(", 1.0), ("order", 0.3), (",", 1.0), (" amount", 0.9), (")", 1.0)])
    assert text == "shop.pay(order, amount)"
    assert filled(*writing.finished(text)) == "shop.pay(<order>, amount)"


def test_positions_stay_positions() -> None:
    writing = skeleton(named={"order": "order", "amount": "amount"})
    assert write(writing, [], "shop.pay(") == "shop.pay(order, amount"


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.9, "shop.pay(a, b,"), (0.1, "shop.pay(a, b)")],
)
def test_an_optional_argument_is_given_where_the_model_wants_it(probability: float, expected: str) -> None:
    assert write(skeleton(), [(",", probability)], "shop.pay(a, b") == expected


def test_an_optional_value_that_is_a_guess_is_not_given() -> None:
    writing = skeleton()
    start = "client.create_job(jobName=a, roleArn=b"
    assert write(writing, [(",", 0.9), (" kind=", 0.9), ('"x', 0.1)], start) == f"{start})"


def test_what_was_typed_is_left_alone() -> None:
    writing = skeleton('client.create_job(jobName="my')
    assert write(writing, [("-job", 0.1)]) == "-job"


@pytest.mark.parametrize("code", ["def shop.pay(", "# shop.pay(", "'shop.pay(", "other.pay("])
def test_no_other_call_is_filled(code: str) -> None:
    assert skeleton().go_on(code, 1.0) is None


def test_a_line_that_is_too_long_is_broken_as_the_file_would() -> None:
    writing = skeleton("    x = ", style=Style(40, "    ", '"'))
    text = write(writing, [("client.create_job(", 1.0), ('"a', 0.1), (")", 1.0)])
    text = write(writing, [('"b', 0.1), (")", 1.0)], text.removesuffix(")"))
    shown, stops = writing.finished(text)
    assert shown.startswith('client.create_job(\n        jobName="",\n        roleArn="",\n    )')
    assert [shown[stop.start - 1 : stop.end + 1] for stop in stops] == ['""', '""']


@pytest.mark.parametrize(
    ("before", "end", "kept"),
    [
        ("x = ", "),", ")"),
        ("x = ", "),\n", ")"),
        ("x = [", "),", "),"),
        ("f(", "),", "),"),
        ("x = ", ", 1),", ", 1)"),
    ],
)
def test_a_comma_behind_the_call_that_ends_the_statement_is_left_out(
    before: str, end: str, kept: str
) -> None:
    writing = skeleton(before)
    text = write(writing, [("shop.pay(", 1.0), ("a", 1.0), (", b", 1.0)])
    assert writing.finished(text + end)[0] == f"shop.pay(a, b{kept}"


def test_arguments_are_made_to_fit() -> None:
    writing = skeleton(named={"roleArn": "role"})
    text = 'client.create_job(name="a", tags="")'
    stops = (TabStop(34, 34, "tags"),)
    found = writing.mended(text, len("client.create_job"), stops)
    assert found is not None
    assert filled(*found) == 'client.create_job(tags="<tags>", jobName="<jobName>", roleArn=role)'


@pytest.mark.parametrize(
    ("wrong", "kept"),
    [
        ("tags={}", 'client.create_job(jobName="a", roleArn=role)'),
        ("jobName={}", 'client.create_job(jobName="<jobName>", roleArn=role, tags="b")'),
        ("roleArn={}", 'client.create_job(jobName="a", roleArn="<roleArn>", tags="b")'),
        ("other={}", None),  # nothing is known of it
    ],
)
def test_an_argument_of_a_wrong_kind_is_left_out_or_to_the_person(wrong: str, kept: str | None) -> None:
    given = {"jobName": '"a"', "roleArn": "role", "tags": '"b"'} | dict([wrong.split("=")])
    text = f"client.create_job({', '.join(map('='.join, given.items()))})"
    found = skeleton().without_value(text, len("client.create_job"), text.index("{}"))
    assert (None if found is None else filled(*found)) == kept


def test_the_only_argument_and_one_on_a_line_of_its_own_are_left_out() -> None:
    text = "client.create_job(\n    jobName=a,\n    tags={},\n)"
    kept = skeleton().without_value(text, len("client.create_job"), text.index("{}"))
    assert kept == ("client.create_job(\n    jobName=a,\n)", ())
    assert skeleton().without_value("client.create_job(tags={})", 17, 23) == ("client.create_job()", ())


def test_one_by_position_is_not_left_out() -> None:
    assert skeleton().without_value("shop.pay(a, b, {})", 8, 15) is None  # what follows would be others'


def test_tab_stops_stay_where_the_text_does() -> None:
    stops = (TabStop(3, 3, "a"), TabStop(9, 10, "b"))
    assert still_inside(stops, 'f("", b=  c)', 'f("")') == stops[:1]


def test_an_index_of_dots_is_a_value() -> None:
    text = "shop.pay(rows[..., 0]"
    assert skeleton().go_on(text, 0.9) is None


SEND = (
    *PAY[:2],
    Parameter("note", required=False, default="None"),
    Parameter("tip", required=False, default="0"),
)


@pytest.mark.parametrize("end", [",", ")"])
def test_an_optional_argument_with_its_default_is_not_given(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PARAMETERS, "shop.pay", SEND)
    pieces = [("(", 1.0), ("a", 0.9), (", b", 0.9), (",", 0.9), (" note=None", 0.9), (end, 0.9)]
    assert write(skeleton(), pieces, "shop.pay") == "shop.pay(a, b)"
    others = [*pieces[:-2], (" note=x", 0.9), (end, 0.9)]
    assert write(skeleton(), others, "shop.pay") == f"shop.pay(a, b, note=x{end}"


@pytest.mark.parametrize("given", ["'x'", '"x"'])
def test_a_default_is_one_in_either_quotes(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    note = Parameter("note", required=False, default='"x"')
    monkeypatch.setitem(PARAMETERS, "shop.pay", (*PAY[:2], note))
    pieces = [("(a, b,", 0.9), (f" note={given}", 0.9), (")", 0.9)]
    assert write(skeleton(), pieces, "shop.pay") == "shop.pay(a, b)"


@pytest.mark.parametrize(
    ("pieces", "written", "labels"),
    [
        (["(order", ","], "shop.pay(0, ", ["0"]),
        (["(a,", " amount", ")"], "shop.pay(a, 0", ["0"]),
        (["(a, b,", " note=note", ")"], "shop.pay(a, b)", []),
        (["(orders", ","], "shop.pay(orders,", []),  # another name
    ],
)
def test_a_name_that_documents_have_for_a_parameter_is_no_value(
    pieces: list[str], written: str, labels: list[str]
) -> None:
    writing = skeleton(defined=False)
    text = write(writing, [(piece, 0.9) for piece in pieces], "shop.pay")
    assert text.startswith(written.rstrip())
    assert [stop.label for stop in writing.finished(text)[1]] == labels
    kept = write(skeleton(defined=True), [(piece, 0.9) for piece in pieces], "shop.pay")
    assert kept == "shop.pay" + "".join(pieces)


def test_the_same_holds_where_a_callable_is_overloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = (PAY, PAY[:1])
    facts = Facts(lambda _: ways, lambda _: {}, blank, lambda name: name != "order")
    writing = Skeleton("", LANGUAGE, facts, STYLE)
    text = write(writing, [("(order", 0.9), (",", 0.9), (", x", 0.9), (")", 0.9)], "shop.pay")
    assert text == "shop.pay(0, x)"
    assert [stop.label for stop in writing.finished(text)[1]] == ["0"]


@pytest.mark.parametrize(
    "written", ["shop.pay(\n    a, b)", "shop.pay(a,\n         b\n)", "shop.pay(\n    a,\n    b,\n)"]
)
def test_a_call_that_fits_is_written_in_one_line(written: str) -> None:
    writing = skeleton()
    assert write(writing, [("", 0.9)], written[: written.index("b") + 1]) is not None
    assert writing.finished(written)[0] == "shop.pay(a, b)"


def test_arguments_of_several_lines_are_left_as_they_are() -> None:
    writing, text = skeleton(), "shop.pay(a, [\n    b,\n])"
    write(writing, [("", 0.9)], text[:-1])
    assert writing.finished(text)[0] == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            'client.create_job(jobName="a", roleArn="arn:a',
            'client.create_job(jobName="a", roleArn="<roleArn>")',
        ),
        ("client.create_job(", 'client.create_job(jobName="<jobName>", roleArn="<roleArn>")'),
        ('client.create_job(jobName="a", roleArn=b, tags=["x', 'client.create_job(jobName="a", roleArn=b)'),
        ("y = 1", "y = 1"),
    ],
)
def test_what_was_stopped_is_filled_in_without_the_model(text: str, shown: str) -> None:
    writing = skeleton()
    assert filled(*writing.finished(writing.ended(text))) == shown


def test_what_says_nothing_is_a_tab_stop_whoever_wrote_it() -> None:
    writing = skeleton()
    text = write(
        writing, [("(", 1.0), ('""', 0.99), (",", 0.9), ('"b"', 0.9), (")", 0.9)], "client.create_job"
    )
    assert filled(*writing.finished(text)) == 'client.create_job(jobName="<jobName>", roleArn="b")'


SCRIPT_VALUES = ScriptValues()
ORDER = Parameter("order", "positional_only", True, "Order")
AMOUNT = Parameter("amount", "positional_only", True, "number")
NOTE = Parameter("note", "positional_only", False, "string")


def script(named: Mapping[str, str] = {}) -> Skeleton:
    overloads = {"shop.pay": ((ORDER, AMOUNT, NOTE),), "shop.find": ((NOTE,), (ORDER, AMOUNT))}
    facts = Facts(lambda callee: overloads.get(callee, ()), lambda _: named,
                  lambda _, parameter: SCRIPT_VALUES.blank(parameter, '"', "", ""), lambda _: True)  # fmt: skip
    return Skeleton("", TYPESCRIPT, facts, STYLE)


def test_where_there_are_no_keywords_arguments_are_given_by_position() -> None:
    assert (
        write(script(), [("shop.pay", 1.0), ("(", 1.0), ("x", 0.9), (",", 0.9), (" 2", 0.9)])
        == "shop.pay(x, 2"
    )
    assert write(script({"order": "order"}), [("shop.pay", 1.0), ("(", 1.0)]) == "shop.pay(order,"
    writing = script()
    text = write(
        writing, [("shop.pay", 1.0), ("(", 1.0), ("{", 0.9), ("}", 0.9), (",", 0.9), (' "guess"', 0.1)]
    )
    assert filled(*writing.finished(text)) == 'shop.pay({}, "<amount>"'


@pytest.mark.parametrize("value", ["x => x", "{ ...x }", "[...x]", "...x", "(a, b) => ({ a, b })"])
def test_functions_and_spreads_are_no_keywords_and_no_placeholders(value: str) -> None:
    pieces = [("shop.pay", 1.0), ("(", 1.0), (value, 0.9)]
    assert write(script(), pieces) == f"shop.pay({value}"


def test_missing_arguments_are_added_by_position() -> None:
    mended = script().mended("shop.pay(x);", 8, ())
    assert mended is not None and filled(*mended) == "shop.pay(x, <amount>);"
    assert script().ended("shop.pay(x, y") == "shop.pay(x, 0)"


def test_the_outermost_call_is_ended() -> None:
    assert script().ended("shop.pay(x, shop.pay(shop.unknown(") == "shop.pay(x, 0)"
    assert script().ended("shop.pay(new Date(2012, 1") == "shop.pay({}, 0)"
    assert script().ended("shop.unknown(shop.pay(x, y") == "shop.unknown(shop.pay(x, 0)"


def test_of_overloads_the_one_that_fits_is_filled_in() -> None:
    mended = script().mended("shop.find(x, 1, y)", 9, ())
    assert mended is not None and mended[0] == "shop.find(x, 1, y)"  # none takes three
    assert script().ended("shop.find(x, y") == "shop.find(x, 0)"
    assert script().ended("shop.find(x") == "shop.find()"
    assert (
        write(script(), [("shop.find", 1.0), ("(", 1.0)]) == "shop.find("
    )  # which one is meant is not known
