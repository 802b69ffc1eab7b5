"""Where keys are written in TypeScript and JavaScript: those of objects, and the attributes of elements."""

from __future__ import annotations

import pytest

from soothsay_languages.keys import KeyPlace
from soothsay_languages.registry import language_or_plain
from soothsay_languages.scan import scan
from soothsay_languages.typescript import JAVASCRIPT, TSX, TYPESCRIPT


def key_in(code: str, language: str = "typescriptreact") -> KeyPlace | None:
    found = language_or_plain(language)
    assert found.key is not None
    return found.key(code, scan(code, found.lexis))


@pytest.mark.parametrize(
    ("code", "whole", "begun"),
    [
        ("p = <Button ", "p = <Button  />", ""),
        ("p = <Button on", "p = <Button  />", "on"),
        ("p = <Button\n  // what it says\n  on", "p = <Button  />", "on"),
        ("p = <a aria-la", "p = <a  />", "aria-la"),
        ("p = <Menu.Item to={here} ", "p = <Menu.Item to={here}  />", ""),
        ('p = <Button label="a > b"\n  wide\n  on', 'p = <Button label="a > b"\n  wide  />', "on"),
        ("p = <Button {...props} la", "p = <Button {...props}  />", "la"),
        ("p = <Button label='a'", "p = <Button label='a'  />", ""),
        ("p = <List<string> it", "p = <List<string>  />", "it"),
        ("p = <Button icon={<Icon name='a' />} la", "p = <Button icon={<Icon name='a' />}  />", "la"),
        ("p = <Button onClick={() => a > b} la", "p = <Button onClick={() => a > b}  />", "la"),
        ("return (\n  <div>\n    <b>Hi</b>\n    <a ", "return (\n  <div>\n    <b>Hi</b>\n    <a  /></div>)", ""),
        ("f(<><p>a</p>{b}<a ", "f(<><p>a</p>{b}<a  /></>)", ""),
        ("f(<ul>{a.map((i) => (<li k", "f(<ul>{a.map((i) => (<li  />))}</ul>)", "k"),
        ("f(<Box icon={<Icon na", "f(<Box icon={<Icon  />} />)", "na"),
        ("f(<p>Hello<b>you</b> <a ", "f(<p>Hello<b>you</b> <a  /></p>)", ""),  # behind a word it may be a type
    ],
)  # fmt: skip
def test_an_attribute_is_found_and_all_that_is_open_is_closed(code: str, whole: str, begun: str) -> None:
    for language in (TSX, JAVASCRIPT):
        place = key_in(code, language.id)
        assert place is not None and place.head + place.tail == whole and code[place.start :] == begun
    assert TSX.is_whole(whole)


@pytest.mark.parametrize(
    "code",
    [
        "p = <Button",  # its name
        "p = <",
        "p = <Button label=",
        "p = <Button label={",
        "p = <Button label={a",
        "p = f(<Button label={a",
        "p = f(<Button {a",
        "p = <Button label='a",
        "p = <Button label='a' /",
        "p = <Button label='a' /> ",
        "p = <Button label='a'>on ",
        "p = <b>a</b> ",
        "p = <Button // on ",
        "if (i < n ",
        "if (i <n && a ",
        "const [a] = useState<Shop ",
        "function f<T extends Shop ",
        "const f = <T extends Shop ",
        "f(a, ",
    ],
)
def test_what_is_no_attribute(code: str) -> None:
    assert key_in(code) is None


@pytest.mark.parametrize(
    ("code", "whole", "begun"),
    [
        ("open('b', { ", "open('b', {})", ""),
        ("open('b', { fa", "open('b', {})", "fa"),
        ("open('b', { a: [1, 2], fa", "open('b', { a: [1, 2],})", "fa"),
    ],
)
def test_a_key_of_an_object_is_found(code: str, whole: str, begun: str) -> None:
    for language in (TYPESCRIPT, TSX, JAVASCRIPT):
        place = key_in(code, language.id)
        assert place is not None and place.head + place.tail == whole and code[place.start :] == begun


def test_a_key_of_an_object_in_an_element_is_found() -> None:
    place = key_in("f(<p><Button style={{ wi")
    assert place is not None and place.head + place.tail == "f(<p><Button style={{}} /></p>)"


@pytest.mark.parametrize("code", ["f({ a: ", "f({ a: 1 ", "f(() => { ", "const x = { ", "f({ a: 'b, c"])
def test_what_is_no_key_of_an_object(code: str) -> None:
    assert key_in(code, "typescript") is None


def test_typescript_has_no_elements() -> None:
    assert key_in("p = <Button ", "typescript") is None


def test_a_place_is_the_same_whatever_is_begun_there() -> None:
    assert key_in("p = <Button ") == key_in("p = <Button\n    on") and key_in("f({ ") == key_in("f({  fa")
