"""Takes passwords, tokens and keys out of texts: what is indexed is shown in prompts and may be shared with a team.

A value goes where its own form says what it is (the prefixes that providers give their tokens, as gitleaks' rules have
them), or where it stands behind a name like ``password``. It is replaced by an ellipsis: quotes, lines and columns of what
stands around it stay, so that code still parses. Every quantifier is bounded, or cannot match in two ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

HIDDEN = "…"

# What providers' tokens look like. Alternatives are told apart by their first letters, so one pass finds them all.
_FORMS = re.compile(
    r"""(?x) (?<![A-Za-z0-9_]) (?:
      (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}
    | AIza[\w-]{35} | ya29\.[\w-]{20,400} | GOCSPX-[\w-]{20,60}
    | gh[pousr]_[A-Za-z0-9]{36,255} | github_pat_\w{22,255}
    | gl(?:pat|ptt|dt|rt|cbt|ft|agent|soat)-[\w.-]{20,120}
    | xox[abposre](?:-[A-Za-z0-9]{1,80}){2,8} | xapp(?:-[A-Za-z0-9]{1,120}){3,5}
    | [sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,255} | whsec_[A-Za-z0-9+/=]{24,120}
    | sk-(?=[\w-]*\d)[A-Za-z0-9][\w-]{19,255} | sk-ant-[\w-]{20,255}
    | npm_[A-Za-z0-9]{36} | pypi-Ag[\w-]{40,400} | rubygems_[0-9a-f]{48} | dckr_pat_[\w-]{20,60}
    | SG\.[\w-]{16,40}\.[\w-]{32,60} | key-[0-9a-f]{32} | SK[0-9a-f]{32} | xkeysib-[\w-]{40,120}
    | do[opr]_v1_[0-9a-f]{64} | shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32} | dapi[0-9a-f]{32}(?:-\d)? | hf_[A-Za-z0-9]{30,80}
    | hv[sbr]\.[\w-]{24,300} | NRAK-[A-Z0-9]{27} | lin_api_[A-Za-z0-9]{32,60} | PMAK-[0-9a-f]{24}-[0-9a-f]{34}
    | sq0(?:csp|atp)-[\w-]{22,60} | ATATT3[\w=-]{50,300} | glsa_\w{32,60} | figd_[\w-]{30,60} | pul-[0-9a-f]{40}
    | sntrys_[\w+/=-]{40,300} | AGE-SECRET-KEY-1[A-Z0-9]{58} | \d{8,10}:AA[\w-]{33}
    | eyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{8,1000}
    )(?![A-Za-z0-9])"""
)
# Addresses that are themselves the right to post somewhere.
_WEBHOOK = re.compile(
    r"(https://(?:hooks\.slack\.com/(?:services|workflows|triggers)|(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks"
    r"|[\w-]{1,60}\.webhook\.office\.com/webhookb2|outlook\.office\.com/webhook|chat\.googleapis\.com/v1/spaces)/)"
    r"([\w/@?&=.%-]{16,400})"
)
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_SIZE = 20_000  # characters, at most, from the first to the last line of a private key
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{8,}")
_LONG_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{40,}")
_SHORTEST = 4  # characters of a value
_SHORTEST_RANDOM = 6
_LONG_MIXTURE = 16
_LOOKED_BACK = 200  # characters before a name, for the sign that begins a remark
_LOOKED_AT = 300  # characters of a value that may say that it is a reference

# The words that make a name one of a secret. `token` alone is also a word of parsers: its values must look random.
_KEYS = (
    "api", "access", "private", "secret", "account", "auth", "encryption", "signing", "master", "session", "subscription",
    "client", "webhook", "storage", "crypt",
)  # fmt: skip
_WORD = (
    rf"(?:passw(?:or)?d|passwrd|pwd|passphrase|passcode|(?:{'|'.join(_KEYS)})[-_]?key|connection[-_]?string"
    r"|secrets?(?-i:(?![a-z]))|credentials?(?-i:(?![a-z]))|tokens?(?-i:(?![a-z])))"
)
_NAMED = rf"(?P<before>[\w-]{{0,40}}?)(?P<word>{_WORD})(?P<after>[\w-]{{0,40}})"
_NAME_STARTS = r"(?<![\w-])"
_QUOTED = (
    r"""(?P<open>\\?["'])(?:(?<=\\["'])(?P<escaped>[^\n"'\\]{1,400})(?=\\["'])"""
    r"""|(?<=[^\\]")(?P<double>(?:[^"\\\n]|\\[^\n]){1,4000})(?=")|(?<=[^\\]')(?P<single>(?:[^'\\\n]|\\[^\n]){1,4000})(?='))"""
)
# What stands between a name and its value: the end of a key, a type, a sign.
_SIGN = (
    r"""(?P<sign>(?:\\?["'])?\]?[ \t]{0,20}(?:(?::[ \t]{0,4}[\w.\[\]| ]{1,40})?[ \t]{0,20}(?:=>|:=|={1,3}|!=)|[:,(])"""
    r"""[ \t]{0,20}(?:[rbuf]{1,2}(?=\\?["']))?)"""
)
_VALUE = re.compile(rf"(?i){_NAME_STARTS}{_NAMED}{_SIGN}{_QUOTED}")
_PLAIN_VALUE = re.compile(
    rf"(?i){_NAME_STARTS}{_NAMED}(?P<sign>[\"']?[ \t]{{0,20}}[:=][ \t]{{0,20}})(?P<plain>[^\s\"'`,;()\[\]{{}}<>=]{{1,4000}}+)(?![(\[])"
)
_SETTING = re.compile(
    rf"(?i){_NAME_STARTS}(?P<before>[\w.-]{{0,40}}?)(?P<word>{_WORD}|secure)(?P<after>[\w.-]{{0,40}})"
    r"(?P<sign>[\"']?[ \t]{0,20}[:=][ \t]{0,20})(?P<setting>\"[^\"\n]*\"|'[^'\n]*'|[^\s,}\]]+)"
)
_SPACED = re.compile(
    rf"(?im)(?P<spaced_name>^[ \t]*(?:ENV|ARG|SET|SETX|EXPORT)[ \t]{{1,8}}[\w.-]{{0,40}}?{_WORD}[\w.-]{{0,20}}[ \t]{{1,8}}|(?<![-\w])--[\w.-]{{0,40}}?{_WORD}[ \t]{{1,8}})"
    r"(?P<spaced>[^\s=\"'`-][^\s=\"'`]{0,4000})"
)
# Other ways of saying where a secret stands: what comes before it, and how it must look.
_ANY_VALUE: tuple[re.Pattern[str], ...] = (
    re.compile(r"(://[^/\s:@\"']{0,128}:)([^@\s/\"']{1,400})(?=@)"),
    re.compile(
        r"(?i)([;?&](?:[\w.-]{0,20}(?:password|pwd)|(?:account|shared[-_]?access|shared[-_]?secret|api|access|auth|client)?[-_]?(?:token|secret|key|apikey)|sig(?:nature)?)=)"
        r"([^\s;&\"'<>]{3,4000})"
    ),
    re.compile(r"(\b(?:host|user|dbname|port)=[^\s\"']{1,80}[ ](?:\w{1,20}=[^\s\"']{1,80}[ ]){0,6}password=)([^\s\"']{1,400})"),
    re.compile(r"(?i)(\b(?:identified[ ]by|password)[ ]{1,4}')([^'\n]{1,400})(?=')"),
    re.compile(r"(?i)(\blogin[ \t]{1,4}\S{1,80}[ \t]{1,4}password[ \t]{1,4})(\S{1,400})"),
    re.compile(r"(\b(?:curl|wget|http)\b[^\n]{0,200}?[ ](?:-u|--user)[ =]{1,2}[\"']?[^\s:\"']{1,64}:)([^\s\"']{1,400})"),
    re.compile(r"(\bsshpass[ ]-p[ ]{0,2}[\"']?)([^\s\"']{1,400})"),
    re.compile(rf"(?i)(<[\w:.-]{{0,40}}?{_WORD}>[ ]{{0,4}})([^<\n]{{1,4000}})(?=</)"),
    re.compile(r"(?i)(\b(?:auth[ ]?=[ ]?\(|auth\()[ ]?(?:\w{1,20}=)?[\"'][^\"'\n]{0,80}[\"'],[ ]?(?:\w{1,20}=)?[\"'])([^\"'\n]{1,400})(?=[\"'])"),
)  # fmt: skip
_RANDOM_VALUE: tuple[re.Pattern[str], ...] = (
    re.compile(r"(?i)(\b(?:bearer|basic|apikey)[ \t]{1,4})([\w+/=.~-]{8,4000})"),
    re.compile(r"(://)([A-Za-z0-9_-]{16,255})(?=(?::[^@\s/]{0,40})?@)"),
)
# Most lines hold nothing, and most texts only few of these words: looking for plain words costs a tenth of a pattern.
_WORDS = (
    "pass", "pwd", "secret", "token", "credential", "secure", "auth=", "auth =", "auth(", "bearer", "basic ", "://", "identified by",
    "curl", "wget", "?sig", "&sig", ";sig", "?key", "&key", ";key", *(f"connection{mark}string" for mark in ("", "-", "_")),
    *(f"{word}{mark}key" for word in _KEYS for mark in ("", "-", "_")),
)  # fmt: skip
# One of these is in each token of `_FORMS`.
_PREFIXES = (
    "AKIA", "ASIA", "ABIA", "ACCA", "AIza", "ya29.", "GOCSPX-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glptt-",
    "gldt-", "glrt-", "glcbt-", "glft-", "glagent-", "glsoat-", "glsa_",
    "xox", "xapp", "k_live_", "k_test_", "k_prod_", "whsec_", "sk-", "npm_", "pypi-Ag", "rubygems_", "dckr_pat_", "SG.",
    "xkeysib-", "_v1_", "shpat_", "shpss_", "shpca_", "shppa_", "dapi", "hf_", "hvs.", "hvb.", "hvr.", "NRAK-", "lin_api_",
    "PMAK-", "sq0", "ATATT3", "figd_", "pul-", "sntrys_", "AGE-SECRET-KEY-", ":AA", "eyJ",
    *(f"{start}{digit}" for start in ("SK", "key-") for digit in "0123456789abcdef"),
)  # fmt: skip

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
_TYPE = re.compile(r"[A-Z][A-Za-z]+\d{0,3}[A-Za-z]*")


def without_secrets(text: str) -> str:
    """Return code with an ellipsis in place of each secret: of known tokens, and of strings that are given to such names."""
    return _masked(text, _masked_code)


def without_written_secrets(text: str) -> str:
    """Return prose or data without secrets: there, values need no quotes."""
    return _masked(text, _masked_writing)


def without_settings(text: str) -> str:
    """Return a text of settings without the value of any name that sounds like a secret."""
    return _masked(text, _masked_settings)


def _masked(text: str, masked_line: Callable[[str], str]) -> str:
    if any(prefix in text for prefix in _PREFIXES):
        text = _FORMS.sub(HIDDEN, text)
    if "https://" in text:
        text = _WEBHOOK.sub(rf"\1{HIDDEN}", text)
    text = _without_private_keys(text) if "-----BEGIN" in text else text
    lowered = text.lower()
    words = [word for word in _WORDS if word in lowered]
    if not words:
        return text
    return "\n".join(masked_line(line) if _has(line, words) else line for line in text.split("\n"))


def _has(line: str, words: Sequence[str]) -> bool:
    lowered = line.lower()
    return any(word in lowered for word in words)


def _masked_code(line: str) -> str:
    line = _VALUE.sub(_hide_quoted, line)
    for pattern in _ANY_VALUE:
        line = pattern.sub(_hide_any, line)
    for pattern in _RANDOM_VALUE:
        line = pattern.sub(_hide_random, line)
    return _PLAIN_VALUE.sub(_hide_remark, line)


def _masked_writing(line: str) -> str:
    return _SPACED.sub(_hide_spaced, _PLAIN_VALUE.sub(_hide_plain, _masked_code(line)))


def _masked_settings(line: str) -> str:
    return _SETTING.sub(_hide_setting, _masked_writing(line))


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


def _hide_quoted(match: re.Match[str]) -> str:
    group = next(name for name in ("escaped", "double", "single") if match[name] is not None)
    value = match[group]
    doubtful = match["sign"].strip("\"' ]").startswith((",", "("))
    if not _is_given(match, value) or (doubtful and not is_random(value)):
        return match[0]
    return f"{match[0][: match.start(group) - match.start()]}{HIDDEN}"


def _hide_plain(match: re.Match[str]) -> str:
    value = match["plain"]
    if not _is_given(match, value) or not is_random(value) or _TYPE.fullmatch(value):
        return match[0]
    return f"{match[0][: match.start('plain') - match.start()]}{HIDDEN}"


def _hide_remark(match: re.Match[str]) -> str:
    """Hide what a remark in code says: code itself gives names to names."""
    before = match.string[max(0, match.start() - _LOOKED_BACK) : match.start()]
    is_remark = ":" in match["sign"] or "#" in before or "//" in before
    return _hide_plain(match) if is_remark else match[0]


def _hide_setting(match: re.Match[str]) -> str:
    value = match["setting"]
    if (
        _SETTING_WORD.fullmatch(value)
        or _REFERENCE.fullmatch(value.strip("\"'")[:_LOOKED_AT])
        or HIDDEN in value
    ):
        return match[0]
    return f"{match[0][: match.start('setting') - match.start()]}{HIDDEN}"


def _hide_spaced(match: re.Match[str]) -> str:
    value = match["spaced"]
    return match[0] if _REFERENCE.fullmatch(value[:_LOOKED_AT]) else f"{match['spaced_name']}{HIDDEN}"


def _hide_any(match: re.Match[str]) -> str:
    return match[0] if _REFERENCE.fullmatch(match[2][:_LOOKED_AT]) else f"{match[1]}{HIDDEN}"


def _hide_random(match: re.Match[str]) -> str:
    is_secret = is_random(match[2]) and not _REFERENCE.fullmatch(match[2][:_LOOKED_AT])
    return f"{match[1]}{HIDDEN}" if is_secret else match[0]


def _is_given(match: re.Match[str], value: str) -> bool:
    """Return whether ``value`` may be the secret that the name says, and is no reference, message or field's name."""
    word = match["word"].lower()
    if len(value) < _SHORTEST or _ABOUT.fullmatch(match["after"]) or _REFERENCE.fullmatch(value[:_LOOKED_AT]):
        return False
    if _SENTENCE.search(value) and word != "passphrase":
        return False
    letters = _NOT_A_LETTER.sub("", value.lower())
    of_word = _NOT_A_LETTER.sub("", word)
    of_name = _NOT_A_LETTER.sub("", f"{match['before']}{word}{match['after']}".lower())
    if not any(map(str.isdigit, value)) and (of_word in letters or letters in of_name):
        return False
    return is_random(value) if word.startswith("token") else True


def is_random(value: str) -> bool:
    """Return whether ``value`` looks made, not written: letters and digits in one, or a long mixture."""
    if " " in value or len(value) < _SHORTEST_RANDOM:
        return False
    has_digit = any(map(str.isdigit, value))
    has_letter = any(map(str.isalpha, value))
    is_mixed = value.lower() != value and value.upper() != value and len(value) >= _LONG_MIXTURE
    return (has_digit and has_letter) or (is_mixed and "." not in value and "_" not in value)
