"""How secrets look, and what stands before them. Every quantifier is bounded, or cannot match in two ways.

Providers give their tokens prefixes; they are those of gitleaks' rules. A `SecretRule` is tried on lines that hold one of
its hints: looking for plain words costs a tenth of a pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SHORTEST_TOKEN = 20  # characters: no form below is shorter, or has a space

# Alternatives are told apart by their first letters, so one pass finds them all.
TOKEN = re.compile(
    r"""(?x) (?<![A-Za-z0-9_]) (?:
      (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16} | LTAI[A-Za-z0-9]{16,24}
    | AIza[\w-]{35} | ya29\.[\w-]{20,400} | GOCSPX-[\w-]{20,60}
    | gh[pousr]_[A-Za-z0-9]{36,255} | github_pat_\w{22,255}
    | gl(?:pat|ptt|dt|rt|cbt|ft|agent|soat)-[\w.-]{20,120} | glsa_\w{32,60} | glc_[A-Za-z0-9+/=]{32,400}
    | xox[abposre](?:-[A-Za-z0-9]{1,80}){2,8} | xapp(?:-[A-Za-z0-9]{1,120}){3,5} | xkeysib-[\w-]{40,120}
    | [sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,255} | whsec_[A-Za-z0-9+/=]{24,120} | shippo_(?:live|test)_[a-f0-9]{40}
    | sk-(?=[\w-]{0,80}\d)[A-Za-z0-9][\w-]{19,255} | sk-ant-[\w-]{20,255} | gsk_[A-Za-z0-9]{40,60} | r8_[A-Za-z0-9]{37}
    | npm_[A-Za-z0-9]{36} | pypi-Ag[\w-]{40,400} | rubygems_[0-9a-f]{48} | dckr_(?:pat|oat)_[\w-]{20,60}
    | SG\.[\w-]{16,40}\.[\w-]{32,60} | key-[0-9a-f]{32} | SK[0-9a-f]{32} | [0-9a-f]{32}-us\d{1,2}
    | do[opr]_v1_[0-9a-f]{64} | shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32} | dapi[0-9a-f]{32}(?:-\d)? | hf_[A-Za-z0-9]{30,80}
    | hv[sbr]\.[\w-]{24,300} | NRAK-[A-Z0-9]{27} | lin_api_[A-Za-z0-9]{32,60} | PMAK-[0-9a-f]{24}-[0-9a-f]{34}
    | sq0(?:csp|atp)-[\w-]{22,60} | ATATT3[\w=-]{50,300} | figd_[\w-]{30,60} | pul-[0-9a-f]{40} | ntn_[A-Za-z0-9]{40,60}
    | sntry[su]_[\w+/=-]{40,300} | AGE-SECRET-KEY-1[A-Z0-9]{58} | \d{8,10}:AA[\w-]{33} | sbp_[0-9a-f]{40}
    | pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64} | dp\.(?:ct|pt|st|sa|scim|audit)\.[A-Za-z0-9.-]{40,80} | bkua_[a-z0-9]{40}
    | nfp_[A-Za-z0-9]{36} | fm[12]_[A-Za-z0-9+/=]{60,400} | ops_eyJ[A-Za-z0-9+/=]{60,800} | tfp_[A-Za-z0-9]{40,60}
    | [MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,40} | EAA[A-Za-z0-9]{60,300} | FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,60}
    | \$(?:apr1|[1256]|2[abxy]|y|argon2(?:id|i|d))\$[\w./$=,+-]{20,200}
    | eyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{8,1000}
    )(?![A-Za-z0-9])"""
)


@dataclass(frozen=True, slots=True)
class SecretRule:
    """``pattern`` has a group for what stands before a secret, and one for the secret.

    It is tried on lines with one of ``hints`` (in lower case); ``made``: only for values that look made, not written.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    made: bool = False


PASSWORD_WORDS = ("pass", "pwd", "kennwort", "contrase", "senha", "wachtwoord")
_CREDENTIAL_PAIR = r"(?:\w{0,30}auth|\w{0,20}credentials?|\w{0,20}creds?)"
_QUERY = (
    r"(?:[\w.-]{0,20}(?:password|pwd|signature|security-token)"
    r"|(?:account|shared[-_]?access|shared[-_]?secret|api|access|auth|client)?[-_]?(?:token|secret|key|apikey)|sig)"
)
RULES = (
    # addresses
    SecretRule(
        # those that are themselves the right to post somewhere
        ("://",),
        re.compile(
            r"(https://(?:hooks\.slack\.com/(?:services|workflows|triggers)|(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks"
            r"|[\w-]{1,60}\.webhook\.office\.com/webhookb2|outlook\.office\.com/webhook|chat\.googleapis\.com/v1/spaces)/)"
            r"([\w/@?&=.%-]{16,400})"
        ),
    ),
    SecretRule(("://",), re.compile(r"(://[^/\s:@\"']{0,128}:)([^@\s/\"']{1,400})(?=@)")),
    SecretRule(("://",), re.compile(r"(://)([A-Za-z0-9_-]{16,255})(?=(?::[^@\s/]{0,40})?@)"), made=True),
    SecretRule(
        ("?", "&", ";sig", "pass", "pwd", "token", "secret", "key"),
        re.compile(rf"(?i)([;?&]{_QUERY}=)([^\s;&\"'<>]{{3,4000}})"),
    ),
    SecretRule(
        ("pass",),
        re.compile(r"(\b(?:host|user|dbname|port)=[^\s\"']{1,80}[ ](?:\w{1,20}=[^\s\"']{1,80}[ ]){0,6}password=)([^\s\"']{1,400})"),
    ),
    SecretRule(("thin:", "oci:", "sqlplus "), re.compile(r"((?:thin:|oci:|\bsqlplus[ ])\w{1,40}/)([^\s/@\"']{3,100})(?=@)")),
    # statements and commands
    SecretRule(("identified by", "pass"), re.compile(r"(?i)(\b(?:identified[ ]by|password)[ ]{1,4}')([^'\n]{1,400})(?=')")),
    SecretRule(("pass",), re.compile(r"(?i)(\blogin[ \t]{1,4}\S{1,80}[ \t]{1,4}password[ \t]{1,4})(\S{1,400})")),
    SecretRule(
        ("curl ", "wget ", "http "),
        re.compile(r"(\b(?:curl|wget|http)\b[^\n]{0,200}?[ ](?:-u|--user)[ =]{1,2}[\"']?[^\s:\"']{1,64}:)([^\s\"']{1,400})"),
    ),
    SecretRule(("pass",), re.compile(r"(\bsshpass[ ]-p[ ]{0,2}[\"']?)([^\s\"']{1,400})")),
    SecretRule(("mysql", "mariadb"), re.compile(r"(\b(?:mysql\w{0,10}|mariadb)\b[^\n|;]{0,200}?[ ]-p)([^\s\"'-][^\s\"']{2,400})")),
    SecretRule(("redis-cli",), re.compile(r"(\bredis-cli\b[^\n|;]{0,200}?[ ](?:-a|--pass)[ ])([^\s\"'-][^\s\"']{2,400})")),
    SecretRule(
        ("openssl",),
        re.compile(r"(\bopenssl\b[^\n|;]{0,200}?[ ](?:-k[ ]|-pass(?:in|out)?[ ]pass:))([^\s\"'-][^\s\"']{2,400})"),
    ),
    SecretRule(("docker login",), re.compile(r"(\bdocker[ ]login\b[^\n|;]{0,200}?[ ]-p[ ])([^\s\"'-][^\s\"']{2,400})")),
    SecretRule(("sudo -s",), re.compile(r"(\becho[ ][\"']?)([^\s\"'$]{3,100})(?=[\"']?[ ]{0,4}\|[ ]{0,4}sudo[ ]-S)")),
    SecretRule(("secure",), re.compile(r"(?i)(\bConvertTo-SecureString[ ](?:-String[ ])?[\"'])([^\"'\n]{1,400})")),
    SecretRule(("community",), re.compile(r"(?i)(\bsnmp-server[ ]community[ ])(\S{3,100})")),
    # pairs, headers and cookies
    SecretRule(
        ("auth", "cred"),
        re.compile(
            rf"(?i)(\b{_CREDENTIAL_PAIR}[ ]?(?:=[ ]?\(|\()[ ]?(?:\w{{1,20}}=)?[\"'][^\"'\n]{{0,80}}[\"'],[ ]?(?:\w{{1,20}}=)?[\"'])"
            r"([^\"'\n]{1,400})(?=[\"'])"
        ),
    ),
    SecretRule(("bearer", "basic ", "key"), re.compile(r"(?i)(\b(?:bearer|basic|apikey)[ \t]{1,4})([\w+/=.~-]{8,4000})"), made=True),
    SecretRule(
        ("auth",),
        re.compile(r"(?i)(\bauthorization[\"']?[ ]{0,2}[:=,][ ]{0,2}[\"']?(?:\w{1,20}[ ]{1,2})?)([\w+/=.~-]{16,4000})"),
        made=True,
    ),
    SecretRule(("auth",), re.compile(r"(\"auth\"[ ]?:[ ]?\")([A-Za-z0-9+/=]{12,4000})(?=\")"), made=True),
    SecretRule(("sess",), re.compile(r"(?i)([\s;\"']sess(?:ion)?[\w-]{0,10}=)([\w%.-]{16,400})"), made=True),
    SecretRule(("twilio",), re.compile(r"(\bAC[0-9a-f]{32}[\"'],[ ]?[\"'])([0-9a-f]{32})")),
)  # fmt: skip
