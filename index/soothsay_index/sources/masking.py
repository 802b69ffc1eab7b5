"""Takes passwords, tokens and keys out of texts: what is indexed is shown in prompts and may be shared with a team.

A value goes where its own form says what it is, where something well-known stands before it (`secret_forms`), or where it
stands behind a name like ``password``. It is replaced by an ellipsis: quotes, lines and columns of what stands around it
stay, so that code still parses. Every quantifier is bounded, or cannot match in two ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

from soothsay_index.sources.secret_forms import PASSWORD_WORDS, RULES, SHORTEST_TOKEN, TOKEN

HIDDEN = "…"

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_SIZE = 20_000  # characters, at most, from the first to the last line of a private key
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{8,}|=[A-Za-z0-9+/]{4}(?![A-Za-z0-9+/])")
_LONG_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{40,}")
_SHORTEST = 4  # characters of a value
_SHORTEST_RANDOM = 6
_SHORTEST_STRONG = 8
_LONG_MIXTURE = 16
_LOOKED_BACK = 200  # characters before a name, for the sign that begins a remark
_LOOKED_AT = 300  # characters of a value that may say that it is a reference
_LONGEST_BEFORE = 40  # characters of a name before its word

# The words that make a name one of a secret.
_KEYS = (
    "api", "access", "private", "secret", "account", "auth", "encryption", "decryption", "signing", "master", "session", "subscription",
    "client", "webhook", "storage", "crypt", "fernet", "hmac", "aes", "jwt", "cookie",
)  # fmt: skip
# Names that are often something else: their values must look random, those of such keys at length.
_VAGUE_KEYS = ("app", "application", "service", "shared", "deploy", "license")
_VAGUE = ("token", "pass")
_KEY = rf"(?:{'|'.join((*_KEYS, *_VAGUE_KEYS))})[-_]?key"
_WORD = (
    rf"(?:passw(?:or[dt]|d)|passwrd|pwd|passphrase|passcode|kennwort|contrase[nñ]a|mot[-_]?de[-_]?passe|senha|wachtwoord|{_KEY}"
    r"|connection[-_]?string|secrets?|credentials?|tokens?|pass)"
)
_WHOLE = ("secret", "credential", "token", "pass")  # words that are part of others, such as `secretary`
_NAME = re.compile(f"{_WORD}|secure")
_KEY_END = re.compile(_KEY)
_KEY_LOOKED_BACK = max(map(len, (*_KEYS, *_VAGUE_KEYS))) + 1
_NAME_HINTS = frozenset((*PASSWORD_WORDS, "secret", "token", "credential", "key", "connection", "secure"))
_RULE_HINTS = frozenset(hint for rule in RULES for hint in rule.hints)
_HINTS = tuple(sorted(_NAME_HINTS | _RULE_HINTS))
_QUOTED = (
    r"""(?P<open>\\?["'])(?:(?<=\\["'])(?P<escaped>[^\n"'\\]{1,400})(?=\\["'])"""
    r"""|(?<=[^\\]")(?P<double>(?:[^"\\\n]|\\[^\n]){1,4000})(?=")|(?<=[^\\]')(?P<single>(?:[^'\\\n]|\\[^\n]){1,4000})(?='))"""
)
# What stands between a name and its value: the end of a key, a type, a sign; also a call that makes the value from a text.
_SIGN = (
    r"""(?P<sign>(?:\\?["'])?\]?[ \t]{0,20}+(?:"""
    r"""(?::[ \t]{0,4}[\w.\[\]| ]{1,40})?[ \t]{0,20}+(?:=>|:=|={1,3}|!=|\|\||\?\?)|[:,]|(?:(?:::|\.)(?:from|of|new))?\("""
    r"""|(?:,[ \t]{0,4}+)?(?:\{[ \t]{0,4}+)?["']?(?:value|default)["']?[ \t]{0,4}+[:=])[ \t]{0,20}+"""
    r"""(?P<made>[\w.]{0,30}?(?:fromhex|from_hex|unhexlify|b64decode|SecretStr|SecureString|Secret|from)\()?"""
    r"""(?:[rbuf]{1,2}(?=\\?["']))?)"""
)
_VALUE = re.compile(rf"(?i)(?P<after>[\w-]{{0,40}}+){_SIGN}{_QUOTED}")
_PLAIN_VALUE = re.compile(
    r"(?P<after>[\w-]{0,40}+)(?P<sign>[\"']?[ \t]{0,20}[:=][ \t]{0,20})(?P<plain>[^\s\"'`,;()\[\]{}<>=]{1,4000}+)(?![(\[])"
)
_SETTING = re.compile(
    r"[\w.-]{0,40}+[\"']?[ \t]{0,20}+[:=][ \t]{0,20}+(?P<setting>\"[^\"\n]*\"|'[^'\n]*'|[^\s,}\]]+)"
)
_SPACED = re.compile(
    rf"(?im)(?P<spaced_name>^[ \t]*(?:ENV|ARG|SET|SETX|EXPORT)[ \t]{{1,8}}[\w.-]{{0,40}}?{_WORD}[\w.-]{{0,20}}[ \t]{{1,8}}|(?<![-\w])--[\w.-]{{0,40}}?{_WORD}[ \t]{{1,8}})"
    r"(?P<spaced>[^\s=\"'`-][^\s=\"'`]{0,4000})"
)
_ELEMENT = re.compile(rf"(?i)(<[\w:.-]{{0,40}}?{_WORD}>[ ]{{0,4}})([^<\n]{{1,4000}})(?=</)")
# What a person writes: "the password is `…`".
_SAID = re.compile(
    r"(?i)(\bpass(?:word|wd|phrase|code)(?:[ ](?:for|of|to)(?:[ ]the)?[ ][\w.-]{1,30})?[ ]{0,2}(?:[:=]|is\b|was\b)?[ ]{0,2}[`\"'“]?)"
    r"([^\s`\"'”]{8,100})"
)

# Names that are about a secret and hold none: `password_field`, `token_url`.
_ABOUT = re.compile(
    r"(?i)[-_]?(?:fields?|names?|ur[il]s?|paths?|files?|filename|dirs?|folder|types?|kind|len(?:gth)?|size|min\w*|max\w*|hints?"
    r"|help|labels?|titles?|texts?|messages?|msg|errors?|reg(?:ex|exp)|pattern|polic(?:y|ies)|prompts?|inputs?|headers?"
    r"|param(?:s|eter)?|env|vars?|variable|format|prefix|suffix|attr(?:ibute)?|columns?|counts?|limits?|expir\w*|ttl|endpoints?"
    r"|reset\w*|forms?|description|docs?|schemes?|provider|manager|store|class|algorithm|alg|method|mode|location|hash\w*"
    r"|validat\w*|ref|arn|version|ids?|scopes?|audience|issuer|usage|placeholder|template|view|routes?|button|element"
    r"|selector|xpath|enabled|required|visible|key|iz\w*)"
)
# References, placeholders, and words that say what kind of value belongs there.
_REFERENCE = re.compile(
    r"(?i)[$%@&*!|>{<\[(#~`].*|.*(?:\$\{|\$\(|\{\{|\{[\w.]{0,60}\}|%\(\w{1,40}\)|%s|<[\w -]{1,60}>).*|[*x•.#_…-]{2,}|…|your.*|my[-_ ].*|fake[-_]?.*|\w+\?"
    r"|.*(?:change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)|example|placeholder|dummy|redacted|masked|hidden|…).*"
    r"|(?:env|vault|ssm|secretsmanager|file|arn|op|keyring)[:/].*"
    r"|(?:os|this|settings|config|process|env|secrets|vars?|local|module|data|request|args|options)\.[\w.]*"
    r"|(?:true|false|null|nil|none|undefined|read|write|inherit|required|optional|string|str|text|bytes|int|any|object|array|password123"
    r"|bearer|basic|oauth2?|jwt|pass|pw|passw(?:or)?d|pwd|secret|token|key|user|default|auto|test|value|todo|tbd|n/?a|yes|no|on|off)"
    r"|https?://[^:@]*|\.{0,2}/[\w./-]*|[\w-]+(?:/[\w.-]+)+\.\w{1,5}|[\w.-]+\.(?:json|ya?ml|toml|txt|pem|key|crt|env|ini|cfg)"
)
_SENTENCE = re.compile(r"\w[,.'’:]? +\w")
_SETTING_WORD = re.compile(
    r"[\"']?(?:\$.*|\{\{.*|<.*|[|>&*\[{].*|\d+|true|false|null|none|read|write|inherit|required|optional|…)?[\"']?",
    re.IGNORECASE,
)
_NOT_A_LETTER = re.compile(r"[^a-z]+")
_WRITTEN = re.compile(r"[\w.-]*[A-Za-z_][\w.]*|[^A-Z!@#$%^&*+]*|[^a-z]*|[^\d]*")  # names, versions
_TYPE = re.compile(r"[A-Z][A-Za-z]+(?:\d{1,3}[A-Za-z]*)?")


def without_secrets(text: str) -> str:
    """Return code with an ellipsis in place of each secret: of known tokens, and of strings that are given to such names."""
    return _masked(text, _masked_code)


def without_written_secrets(text: str) -> str:
    """Return prose or data without secrets: there, values need no quotes."""
    return _masked(text, _masked_writing)


def without_settings(text: str) -> str:
    """Return a text of settings without the value of any name that sounds like a secret."""
    return _masked(text, _masked_settings)


@dataclass(frozen=True, slots=True)
class _Name:
    """A word of a name that says that a secret follows: what stands before it in the name, and where it ends in the line."""

    line: str
    start: int
    before: str
    word: str
    end: int


def _masked(text: str, masked_line: Callable[[str, Set[str]], str]) -> str:
    text = _without_tokens(text)
    text = _without_private_keys(text) if "-----BEGIN" in text else text
    parts: list[str] = []
    at = 0
    for (start, end), hints in sorted(_lines_to_look_at(text).items()):
        parts += (text[at:start], masked_line(text[start:end], hints))
        at = end
    return "".join((*parts, text[at:]))


def _without_tokens(text: str) -> str:
    """Return ``text`` without what providers' tokens look like. Few words are long enough to be one."""
    long = " ".join([word for word in text.split() if len(word) >= SHORTEST_TOKEN])
    return TOKEN.sub(HIDDEN, text) if TOKEN.search(long) else text


def _lines_to_look_at(text: str) -> dict[tuple[int, int], set[str]]:
    """Return where the lines begin and end that hold hints, and which."""
    found: dict[tuple[int, int], set[str]] = {}
    lowered = _lower(text)
    for hint in _HINTS:
        at = lowered.find(hint)
        while at >= 0:
            after = at + len(hint)
            if hint == "key" and not _KEY_END.search(lowered, max(0, at - _KEY_LOOKED_BACK), after):
                at = lowered.find(hint, after)
                continue
            start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
            end = len(text) if end < 0 else end
            found.setdefault((start, end), set()).add(hint)
            at = lowered.find(hint, end)
    return found


def _lower(text: str) -> str:
    """Return ``text`` in lower case, and as long as it was."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if c.isascii() else c for c in text)


def _names(line: str) -> Iterator[_Name]:
    """Yield the words of names in ``line`` that say that a secret follows."""
    for found in _NAME.finditer(_lower(line)):
        start, end, word = found.start(), found.end(), found[0]
        if word.rstrip("s") in _WHOLE and line[end : end + 1].islower():
            continue
        if word == "pass" and line[start - 1 : start].isalpha() and not line[start].isupper():
            continue
        first = start
        while first > max(0, start - _LONGEST_BEFORE) and _is_of_name(line[first - 1]):
            first -= 1
        if first == 0 or not _is_of_name(line[first - 1]):
            yield _Name(line, first, line[first:start], word, end)


def _is_of_name(char: str) -> bool:
    return char.isalnum() or char in "_-"


def _named(line: str, tail: re.Pattern[str], hidden: Callable[[_Name, re.Match[str]], str]) -> str:
    """Return ``line`` with an ellipsis for each value that ``tail`` finds behind a name, where ``hidden`` names its group."""
    parts: list[str] = []
    at = 0
    for name in _names(line):
        match = tail.match(line, name.end) if name.end >= at else None
        if match and (group := hidden(name, match)):
            parts += (line[at : match.start(group)], HIDDEN)
            at = match.end(group)
    return "".join((*parts, line[at:])) if parts else line


def _masked_code(line: str, hints: Set[str]) -> str:
    is_named = not hints.isdisjoint(_NAME_HINTS)
    if is_named:
        line = _ELEMENT.sub(_hide_any, _named(line, _VALUE, _quoted_group))
    for rule in RULES:
        if not hints.isdisjoint(rule.hints):
            line = rule.pattern.sub(_hide_random if rule.made else _hide_any, line)
    if is_named:
        line = _named(line, _PLAIN_VALUE, _remark_group)
    return _SAID.sub(_hide_said, line) if "pass" in hints else line


def _masked_writing(line: str, hints: Set[str]) -> str:
    line = _masked_code(line, hints)
    if hints.isdisjoint(_NAME_HINTS):
        return line
    return _SPACED.sub(_hide_spaced, _named(line, _PLAIN_VALUE, _plain_group))


def _masked_settings(line: str, hints: Set[str]) -> str:
    return _named(_masked_writing(line, hints), _SETTING, _setting_group)


def _without_private_keys(text: str) -> str:
    """Return ``text`` with ellipses in place of what stands between the first and the last line of a private key."""
    parts: list[str] = []
    at = 0
    while found := _BEGIN.search(text, at):
        start = found.end()
        end = text.find("-----END", start, start + _KEY_SIZE)
        run = _KEY_LINE if end >= 0 else _LONG_KEY_LINE
        end = end if end >= 0 else min(len(text), start + _KEY_SIZE)
        parts += [text[at:start], run.sub(HIDDEN, text[start:end])]
        at = end
    return "".join((*parts, text[at:]))


def _quoted_group(name: _Name, match: re.Match[str]) -> str:
    group = next(each for each in ("escaped", "double", "single") if match[each] is not None)
    value = match[group]
    doubtful = match["made"] or match["sign"].strip("\"' ]").startswith((",", "(", "|", "?", "::", ".", "{"))
    is_hidden = _is_given(name, match["after"], value) and (is_random(value) or not doubtful)
    return group if is_hidden else ""


def _plain_group(name: _Name, match: re.Match[str]) -> str:
    value = match["plain"]
    is_hidden = _is_given(name, match["after"], value) and is_random(value) and not _TYPE.fullmatch(value)
    return "plain" if is_hidden else ""


def _remark_group(name: _Name, match: re.Match[str]) -> str:
    """Hide what a remark in code says: code itself gives names to names."""
    before = name.line[max(0, name.start - _LOOKED_BACK) : name.start]
    is_remark = ":" in match["sign"] or "#" in before or "//" in before
    return _plain_group(name, match) if is_remark else ""


def _setting_group(_: _Name, match: re.Match[str]) -> str:
    value = match["setting"]
    is_word = _SETTING_WORD.fullmatch(value) or _REFERENCE.fullmatch(value.strip("\"'")[:_LOOKED_AT])
    return "" if is_word or HIDDEN in value else "setting"


def _hide_spaced(match: re.Match[str]) -> str:
    value = match["spaced"]
    return match[0] if _REFERENCE.fullmatch(value[:_LOOKED_AT]) else f"{match['spaced_name']}{HIDDEN}"


def _hide_any(match: re.Match[str]) -> str:
    return match[0] if _REFERENCE.fullmatch(match[2][:_LOOKED_AT]) else f"{match[1]}{HIDDEN}"


def _hide_random(match: re.Match[str]) -> str:
    is_secret = is_random(match[2]) and not _REFERENCE.fullmatch(match[2][:_LOOKED_AT])
    return f"{match[1]}{HIDDEN}" if is_secret else match[0]


def _hide_said(match: re.Match[str]) -> str:
    value = match[2].rstrip(".,;:)")
    is_strong = is_random(value) and len(value) >= _SHORTEST_STRONG and not _WRITTEN.fullmatch(value)
    if not is_strong or "(" in value or _REFERENCE.fullmatch(value[:_LOOKED_AT]):
        return match[0]
    return f"{match[1]}{HIDDEN}{match[2][len(value) :]}"


def _is_given(name: _Name, after: str, value: str) -> bool:
    """Return whether ``value`` may be the secret that ``name`` says, and is no reference, message or field's name."""
    if (
        name.word == "secure"
        or len(value) < _SHORTEST
        or _ABOUT.fullmatch(after)
        or _REFERENCE.fullmatch(value[:_LOOKED_AT])
    ):
        return False
    if _SENTENCE.search(value) and name.word != "passphrase":
        return False
    letters = _NOT_A_LETTER.sub("", value.lower())
    of_word = _NOT_A_LETTER.sub("", name.word)
    of_name = _NOT_A_LETTER.sub("", f"{name.before}{name.word}{after}".lower())
    if not any(map(str.isdigit, value)) and (of_word in letters or letters in of_name):
        return False
    if name.word.startswith(_VAGUE_KEYS):
        return is_random(value) and len(value) >= _LONG_MIXTURE
    return is_random(value) if name.word.rstrip("s") in _VAGUE or name.word == "pass" else True


def is_random(value: str) -> bool:
    """Return whether ``value`` looks made, not written: letters and digits in one, or a long mixture."""
    if " " in value or len(value) < _SHORTEST_RANDOM:
        return False
    has_digit = any(map(str.isdigit, value))
    has_letter = any(map(str.isalpha, value))
    is_mixed = value.lower() != value and value.upper() != value and len(value) >= _LONG_MIXTURE
    return (has_digit and has_letter) or (is_mixed and "." not in value and "_" not in value)
