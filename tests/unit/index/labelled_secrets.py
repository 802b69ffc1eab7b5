"""Secrets and harmless look-alikes, made by construction: nothing in this file is a secret, or looks like one to a scanner.

A case is a file's name, its text, and the value that must not (or must) be found in what is indexed of it.
"""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass

_random = random.Random(23)


@dataclass(frozen=True, slots=True)
class Case:
    """A value in a file; ``kind`` says what it is."""

    kind: str
    path: str
    text: str
    value: str


def some(alphabet: str, length: int) -> str:
    """Return a made-up value that has letters and digits where the alphabet has both."""
    while True:
        made = "".join(_random.choices(alphabet, k=length))
        kinds = [set(alphabet) & set(kind) for kind in (string.ascii_letters, string.digits)]
        if all(not kind or kind & set(made) for kind in kinds):
            return made


HEX, UPPER = "0123456789abcdef", string.ascii_uppercase + string.digits
ALNUM, URL = string.ascii_letters + string.digits, string.ascii_letters + string.digits + "-_"
PASSWORDS = (
    "hunt" + "er2", "Tr0ub4" + "dor&3", "letm" + "ein", "s3cr3t-" + "Pa55", "winter" + "2024!", "qwer" + "ty", "dr4g0n" + "fly",
    "P@ss" + "w0rd!", "correct-horse-" + "battery", "zx81" + "spectrum",
)  # fmt: skip


def tokens() -> dict[str, str]:
    """Return a token of each provider's form."""
    return {
        "aws": "AK" + "IA" + some(UPPER, 16),
        "aws temporary": "AS" + "IA" + some(UPPER, 16),
        "github": "gh" + "p_" + some(ALNUM, 36),
        "github app": "gh" + "s_" + some(ALNUM, 36),
        "github fine": "github" + "_pat_" + some(ALNUM, 22) + "_" + some(ALNUM, 59),
        "gitlab": "gl" + "pat-" + some(URL.replace("-", ""), 20),
        "slack bot": "xo" + "xb-" + some(string.digits, 12) + "-" + some(ALNUM, 24),
        "slack user": "xo"
        + "xp-"
        + some(string.digits, 12)
        + "-"
        + some(string.digits, 12)
        + "-"
        + some(HEX, 32),
        "stripe": "sk" + "_live_" + some(ALNUM, 24),
        "stripe restricted": "rk" + "_live_" + some(ALNUM, 24),
        "openai": "sk" + "-" + some(ALNUM, 48),
        "openai project": "sk" + "-proj-" + some(ALNUM, 48),
        "anthropic": "sk" + "-ant-api03-" + some(ALNUM, 80),
        "google": "AI" + "za" + some(ALNUM, 35),
        "google oauth": "GOC" + "SPX-" + some(ALNUM, 28),
        "npm": "np" + "m_" + some(ALNUM, 36),
        "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + some(ALNUM, 60),
        "sendgrid": "S" + "G." + some(ALNUM, 22) + "." + some(ALNUM, 43),
        "twilio": "S" + "K" + some(HEX, 32),
        "mailgun": "ke" + "y-" + some(HEX, 32),
        "digitalocean": "do" + "p_v1_" + some(HEX, 64),
        "shopify": "shp" + "at_" + some(HEX, 32),
        "hugging face": "h" + "f_" + some(ALNUM, 34),
        "databricks": "da" + "pi" + some(HEX, 32),
        "vault": "hv" + "s." + some(ALNUM, 30),
        "new relic": "NR" + "AK-" + some(UPPER, 27),
        "telegram": some("123456789", 9) + ":A" + "A" + some(ALNUM, 33),
        "jwt": ".".join(("ey" + "J" + some(ALNUM, 30), "ey" + "J" + some(ALNUM, 60), some(URL, 43))),
        "docker": "dckr" + "_pat_" + some(ALNUM, 27),
        "grafana": "gl" + "sa_" + some(ALNUM, 32) + "_" + some(HEX, 8),
    }


def _notebook(line: str) -> str:
    cell = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "source": ["import os\n", f"{line}\n", "print(1)\n"],
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def _openapi(text: str) -> str:
    path = {"get": {"operationId": "list", "description": text, "responses": {}}}
    return json.dumps({"openapi": "3.0.0", "info": {"title": "Shop"}, "paths": {"/a": path}}, indent=1)


def _holders(value: str, number: int) -> tuple[str, str]:
    """Return a file that has ``value`` without a telling name."""
    return (
        ("client.py", f'client = Client("{value}")\n'),
        ("README.md", f"# Use\n\nStart it with `{value}` as the first argument.\n"),
        ("explore.ipynb", _notebook(f"client = Client('{value}')")),
        ("openapi.json", _openapi(f"For example {value} is sent.")),
        ("notes.rst", f"Notes\n=====\n\nLast seen: {value}\n"),
    )[number % 5]


# A line with a place for a password, and the file it stands in.
_WRITTEN = (
    ("db.py", 'def connect(host, password="{}"):\n    """Connect."""\n'),
    ("db.py", 'PASSWORD = "{}"\n'),
    ("db.py", "settings = {{'user': 'shop', 'db_password': '{}'}}\n"),
    ("db.py", 'DB_PASSWORD: str = "{}"\n'),
    ("db.py", 'engine = create_engine("postgresql://shop:{}@db.internal/shop")\n'),
    ("db.py", 'requests.get(url, auth=("shop", "{}"))\n'),
    ("db.py", 'os.environ["SHOP_PASSWORD"] = "{}"\n'),
    ("db.py", '"""Connect.\n\npassword: {}7x\n"""\n'),
    ("db.py", 'DSN = "Server=db;User=shop;Password={};Encrypt=yes"\n'),
    ("explore.ipynb", None),
    ("README.md", "# Use\n\n    export SHOP_PASSWORD={}7x\n"),
    ("README.md", "# Use\n\n```\nmysql --user shop --password {} shop\n```\n"),
    ("README.md", "# Use\n\n`curl -u shop:{} https://shop.internal/api`\n"),
    ("openapi.yaml", "openapi: 3.0.0\npaths:\n  /a:\n    get:\n      description: 'Log in with password: {}7x first'\n"),
    ("Dockerfile", "FROM python\nENV DB_PASSWORD {}\n"),
    ("compose.yml", "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: {}\n"),
    ("settings.toml", '[db]\npasswd = "{}"\n'),
    ("deploy.sh", "export DB_PWD={}\n./deploy\n"),
)  # fmt: skip
_KEYS = (
    ("keys.py", 'API_KEY = "{}"\n'),
    ("keys.py", 'SECRET_KEY = "{}"\n'),
    ("keys.py", 'client_secret="{}",\n'),
    ("keys.py", "headers = {{'Authorization': 'Bearer {}'}}\n"),
    ("keys.py", "headers = {{'X-Auth-Token': '{}'}}\n"),
    ("keys.py", 'token: str = "{}"\n'),
    ("keys.py", 'connect("DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={}")\n'),
    ("keys.py", 'get("https://api.internal/v1?access_token={}")\n'),
    ("keys.py", 'os.environ.setdefault("SERVICE_API_KEY", "{}")\n'),
    ("explore.ipynb", None),
    ("README.md", "# Use\n\nToken: {}\n"),
    ("values.yaml", "auth:\n  clientSecret: {}\n"),
    ("pipeline.yml", "env:\n  access_key: {}\n"),
    ("pom.toml", '[remote]\nurl = "https://{}@git.internal/shop"\n'),
)  # fmt: skip


def secrets() -> list[Case]:
    """Return at least 150 secrets, each in a file."""
    cases = [
        Case(kind, *_holders(value, number), value) for number, (kind, value) in enumerate(tokens().items())
    ]
    for path, line in _WRITTEN:
        for value in _random.sample([each for each in PASSWORDS if "@" not in each and "&" not in each], 5):
            text = _notebook(f'password = "{value}"') if line is None else line.format(value)
            cases.append(Case("password", path, text, value))
    for path, line in _KEYS:
        for value in (some(HEX, 32), some(ALNUM, 24), some(ALNUM, 40)):
            text = _notebook(f'api_key = "{value}"') if line is None else line.format(value)
            cases.append(Case("key", path, text, value))
    for mark in ("RSA ", "EC ", "", "OPENSSH ", "DSA ", "ENCRYPTED "):
        body = base64.b64encode(_random.randbytes(180)).decode()
        rows = [body[at : at + 64] for at in range(0, len(body), 64)]
        lines = [f"-----{'BEGIN'} {mark}PRIVATE KEY-----", *rows, f"-----{'END'} {mark}PRIVATE KEY-----"]
        cases.append(Case("private key", "sign.py", 'KEY = """' + "\n".join(lines) + '"""\n', rows[1]))
        cases.append(Case("private key", "README.md", "# Key\n\n" + "\n".join(lines) + "\n", rows[0]))
    for host in ("hooks.slack.com/services/T0/B0", "discord.com/api/webhooks/1234"):
        value = some(ALNUM, 24)
        cases.append(Case("webhook", "alert.py", f'post("https://{host}/{value}")\n', value))
    return cases


# The text, and what must still be found of it.
_HARMLESS = (
    ("a.py", 'CONF_PASSWORD = "password"\n', 'CONF_PASSWORD = "password"'),
    ("a.py", 'CONF_ACCESS_TOKEN = "access_token"\n', '"access_token"'),
    ("a.py", 'PASSWORD_FIELD = "user_password"\n', "user_password"),
    ("a.py", 'token_url = "https://auth.internal/token"\n', "https://auth.internal/token"),
    ("a.py", 'TOKEN_TYPE = "bearer"\n', '"bearer"'),
    ("a.py", 'password_prompt = "Please type it again"\n', "Please type it again"),
    ("a.py", 'raise ValueError("password: must be longer")\n', "must be longer"),
    ("a.py", "password = getpass.getpass()\n", "getpass.getpass()"),
    ("a.py", 'password = os.environ["SHOP_PASSWORD"]\n', "SHOP_PASSWORD"),
    ("a.py", "token = secrets.token_hex(32)\n", "secrets.token_hex(32)"),
    ("a.py", 'def login(user, password=""): ...\n', "def login"),
    ("a.py", "def login(user: str, password: str | None = None): ...\n", "str | None"),
    ("a.py", "max_tokens = 4096\n", "4096"),
    ("a.py", 'if token == "NEWLINE":\n    pass\n', "NEWLINE"),
    ("a.py", 'url = f"postgresql://{user}:{password}@{host}/shop"\n', "{user}:{password}@{host}"),
    ("a.py", 'URL = "postgresql://user:password@localhost/shop"\n', "user:password@localhost"),
    ("a.py", 'api_key_header = "X-Shop-Key"\n', "X-Shop-Key"),
    ("a.py", 'SECRET_NAME = "shop/prod/db"\n', "shop/prod/db"),
    ("a.py", 'secret_path = "/run/secrets/db"\n', "/run/secrets/db"),
    ("a.py", 'secret = "${DB_SECRET}"\n', "${DB_SECRET}"),
    ("a.py", 'API_KEY = "<your key here>"\n', "<your key here>"),
    ("a.py", 'api_key = "your-api-key"\n', "your-api-key"),
    ("a.py", 'fields = ("password", "email", "first_name")\n', '"email"'),
    ("a.py", 'parser.add_argument("--password", help="what to log in with")\n', "what to log in with"),
    ("a.py", "tokenizer = AutoTokenizer.from_pretrained(name)\n", "from_pretrained"),
    ("a.py", 'primary_key = "order_id"\n', "order_id"),
    ("a.py", 'sort_key="created_2024"\n', "created_2024"),
    ("a.py", 'password_hasher = "argon2id"\n', "argon2id"),
    ("a.py", 'COMMIT = "COMMIT_HASH"\n', "COMMIT_HASH"),
    ("a.py", 'CHECKSUM = "HEX64"\n', "HEX64"),
    ("a.py", 'ID = "UUID"\n', "UUID"),
    ("a.py", 'PUBLIC = "-----BEGIN PUBLIC KEY-----"\n', "BEGIN PUBLIC KEY"),
    ("a.py", 'if text.startswith("-----BEGIN PRIVATE KEY-----"):\n    load_private_key(text)\n', "load_private_key"),
    ("a.py", 'AUTH = "basic authentication"\n', "basic authentication"),
    ("README.md", "# Use\n\nThe bearer token is sent with each request.\n", "bearer token is sent"),
    ("README.md", "# Use\n\nSet `SHOP_TOKEN` to your token.\n", "SHOP_TOKEN"),
    ("README.md", "# Use\n\nPassword: at least twelve characters.\n", "at least twelve"),
    ("README.md", "# Use\n\n    export SHOP_PASSWORD=$(pass shop)\n", "$(pass shop)"),
    ("README.md", "# Use\n\n    shop --token-file token.txt\n", "token.txt"),
    ("README.md", "# Use\n\nSee https://docs.internal/secrets/rotation for more.\n", "secrets/rotation"),
    ("README.md", "# Use\n\nssh://git@git.internal/shop.git\n", "git@git.internal"),
    ("README.md", "# Use\n\nCommit HEX40 was the first.\n", "HEX40"),
    ("compose.yml", "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}\n", "${POSTGRES_PASSWORD}"),
    ("compose.yml", "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/db\n", "/run/secrets/db"),
    (".github/workflows/a.yml", "on: push\njobs:\n  a:\n    env:\n      token: ${{ secrets.TOKEN }}\n", "secrets.TOKEN"),
    (".github/workflows/a.yml", "on: push\npermissions:\n  id-token: write\njobs: {}\n", "id-token: write"),
    ("settings.toml", "[limits]\nmax_tokens = 4096\n", "4096"),
    ("Dockerfile", "FROM python\nARG TOKEN\nRUN --mount=type=secret,id=token make\n", "id=token make"),
    ("openapi.yaml", "openapi: 3.0.0\npaths:\n  /a:\n    get:\n      description: 'Needs the token of the user'\n", "token of the user"),
    ("explore.ipynb", None, "getpass"),
)  # fmt: skip


def harmless() -> list[Case]:
    """Return at least 150 look-alikes: each of the texts in three forms."""
    cases: list[Case] = []
    for path, text, value in _HARMLESS:
        for form in range(3):
            whole = _notebook("password = getpass.getpass()") if text is None else text
            kept = value
            for name, made in (
                ("HEX64", some(HEX, 64)),
                ("HEX40", some(HEX, 40)),
                ("UUID", "4a" + some(HEX, 6) + "-1f2e-4b3c"),
            ):
                if name in whole:
                    whole, kept = whole.replace(name, made), kept.replace(name, made)
            if form == 1:
                whole = whole.replace("shop", "warehouse").replace("SHOP", "WAREHOUSE")
                kept = kept.replace("shop", "warehouse").replace("SHOP", "WAREHOUSE")
            if form == 2 and path.endswith(".py"):
                whole = "import os\n\n\ndef work():\n" + "".join(
                    f"    {line}\n" for line in whole.splitlines()
                )
            cases.append(Case("harmless", path, whole, kept))
    return cases
