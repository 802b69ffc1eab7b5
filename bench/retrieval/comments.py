"""Comments as a developer might write them, made from documentation by open rules: deterministic, and leak-controlled.

A comment is the first sentence of the documentation as an order ("Creates a job." -> "set up a task"), with detail cut
off, words said otherwise by the table below, and most words of the symbol's own name replaced or left out; sometimes the
beginning of a later sentence follows. Every choice is drawn from a generator seeded with the symbol's owner and name.

``VERBS`` and ``NOUNS`` were written before any ranker was measured on these comments and are frozen; the ranking's synonyms
and verbs are as they were before that, and must never be tuned on them. Neither was written from the other: of the 491
phrases here the ranking's synonyms know the way back for 5, its verbs for 11 (a test holds them to that).
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

SEED = 20260304
_NAME_WORD_SAID_OTHERWISE = 0.6  # of the words of the name that have another word
_NAME_WORD_DROPPED = 0.3  # of the words of the name that have none
_WORD_SAID_OTHERWISE = 0.9  # of the other words that have another word
_WORD_DROPPED = 0.35  # of the other words that have none: nobody repeats the documentation
_CLAUSE_CUT = 0.8
_LATER_SENTENCE = 0.2
_LONGEST, _LATER_LONGEST = 12, 6  # words

# What is done: the word that a sentence begins with.
VERBS: dict[str, tuple[str, ...]] = {
    "abort": ("give up on", "break off"), "accept": ("say yes to", "agree to"), "add": ("put in", "include"),
    "allocate": ("set aside",), "allow": ("let", "permit"), "apply": ("use", "carry out"), "assign": ("give", "hand"),
    "associate": ("tie", "pair"), "attach": ("hook up", "fasten"), "authorize": ("permit", "grant"),
    "build": ("put together", "construct"), "calculate": ("work out", "figure out"), "cancel": ("call off",),
    "change": ("alter", "switch"), "check": ("see if", "test"), "compute": ("work out", "figure out"),
    "configure": ("set up", "adjust"), "confirm": ("acknowledge", "make sure of"), "construct": ("put together", "assemble"),
    "convert": ("turn", "translate"), "copy": ("make a copy of", "replicate"), "count": ("how many", "tally"),
    "create": ("set up", "put together", "add a new"), "define": ("specify", "lay down"), "delete": ("get rid of", "throw away"),
    "deploy": ("roll out", "ship"), "describe": ("tell me about", "look up", "give the properties of"),
    "detach": ("unhook", "take off"), "determine": ("find out", "decide"), "disable": ("switch off", "deactivate"),
    "disassociate": ("untie", "separate"), "download": ("pull down", "save locally"), "draw": ("plot", "paint"),
    "enable": ("switch on", "activate"), "estimate": ("guess", "approximate"), "evaluate": ("work out", "assess"),
    "execute": ("carry out", "perform"), "export": ("write out", "dump"), "fill": ("populate", "pad"),
    "find": ("locate", "look for"), "fit": ("train", "learn"), "generate": ("produce", "come up with"),
    "get": ("look up", "load", "pull"), "grant": ("give", "hand out"), "import": ("load", "bring in"),
    "initiate": ("kick off", "trigger"), "insert": ("put in", "place"), "invoke": ("trigger", "fire"),
    "join": ("glue together", "link up"), "list": ("see what there is of", "show me", "name"), "load": ("pull in", "open"),
    "merge": ("bring together", "unite"), "modify": ("alter", "tweak"), "move": ("shift", "relocate"),
    "normalize": ("rescale",), "obtain": ("pull", "acquire"), "perform": ("do", "carry out"), "plot": ("draw", "chart"),
    "produce": ("yield", "give"), "provide": ("give", "supply"), "publish": ("announce", "put out"),
    "put": ("store", "write"), "query": ("ask", "look through"), "read": ("parse", "take in"), "reboot": ("power cycle",),
    "register": ("sign up", "enrol"), "reject": ("turn down", "say no to"), "release": ("let go of", "free"),
    "remove": ("take out", "strip"), "rename": ("give another name to",), "replace": ("swap", "substitute"),
    "request": ("ask for",), "reset": ("put back", "clear"), "resolve": ("work out", "settle"), "restore": ("bring back", "recover"),
    "resume": ("go on with", "pick up again"), "retrieve": ("look up", "pull", "load"), "return": ("give", "hand back", "produce"),
    "rotate": ("turn", "spin"), "sample": ("pick", "draw from"), "save": ("write", "keep"), "search": ("look for", "hunt for"),
    "send": ("hand over", "transmit"), "set": ("assign", "choose"), "show": ("print", "let me see"), "sort": ("order", "arrange"),
    "specify": ("give", "name"), "split": ("break up", "cut apart"), "start": ("kick off", "get going"), "stop": ("shut down", "stall"),
    "submit": ("hand in", "turn in"), "subtract": ("take away",), "sum": ("add up", "total"), "tag": ("label",),
    "terminate": ("shut down", "kill"), "test": ("try out", "check"), "transform": ("turn", "map"), "untag": ("drop labels from",),
    "update": ("refresh", "adjust", "bring up to date"), "upload": ("push up", "transfer"), "validate": ("check", "verify"),
    "verify": ("make sure of", "double check"), "view": ("look at",), "write": ("save", "dump"),
}  # fmt: skip
# What it is done to, and how that is.
NOUNS: dict[str, tuple[str, ...]] = {
    "account": ("customer login",), "agent": ("assistant",), "alarm": ("alert",), "alias": ("nickname",), "application": ("app", "program"),
    "archive": ("old copies",), "array": ("grid of numbers", "ndarray"), "assessment": ("review",), "asset": ("item",),
    "attribute": ("property", "field"), "average": ("mean value",), "axis": ("dimension",), "backup": ("safety copy", "snapshot"),
    "batch": ("bulk", "several at once"), "bucket": ("storage container",), "campaign": ("promotion",), "capacity": ("room", "size"),
    "case": ("ticket",), "catalog": ("directory",), "certificate": ("cert",), "channel": ("stream",), "cluster": ("group of machines", "group"),
    "code": ("source",), "coefficient": ("factor",), "column": ("field",), "command": ("instruction",), "comment": ("remark",),
    "component": ("part",), "configuration": ("settings", "setup"), "connection": ("link",), "connector": ("adapter",), "contact": ("person",),
    "container": ("docker box",), "content": ("body",), "control": ("safeguard",), "coordinate": ("position",), "cost": ("spend", "price"),
    "credential": ("login", "secret"), "dashboard": ("overview page",), "data": ("records", "values"), "dataset": ("data collection",),
    "database": ("db",), "date": ("day",), "deployment": ("rollout",), "destination": ("target",), "detail": ("info", "particulars"),
    "device": ("gadget", "machine"), "dimension": ("axis",), "directory": ("folder",), "distance": ("how far apart",), "distribution": ("spread",),
    "document": ("file", "paper"), "domain": ("site", "namespace"), "edge": ("link", "arc"), "element": ("entry", "item"), "email": ("mail",),
    "endpoint": ("url",), "engine": ("backend",), "entity": ("thing", "object"), "environment": ("stage",), "equation": ("formula",),
    "error": ("mistake", "failure"), "evaluation": ("rating",), "event": ("occurrence",), "execution": ("run",), "experiment": ("trial",),
    "expression": ("formula", "term"), "field": ("attribute",), "file": ("document",), "filter": ("condition",), "finding": ("issue",),
    "fleet": ("pool of machines",), "flow": ("pipeline",), "folder": ("directory",), "format": ("layout",), "frame": ("table",),
    "function": ("routine", "callable"), "gateway": ("entry point",), "graph": ("network",), "group": ("set", "team"), "health": ("condition",),
    "history": ("past", "log"), "host": ("machine",), "identifier": ("id",), "identity": ("login",), "image": ("picture",), "index": ("labels",),
    "information": ("facts", "metadata"), "input": ("argument",), "instance": ("machine", "server"), "integration": ("hookup",),
    "interface": ("port",), "invitation": ("invite",), "item": ("entry", "thing"), "job": ("task", "background work"), "key": ("secret",),
    "label": ("tag",), "layer": ("level",), "layout": ("arrangement",), "license": ("permit",), "limit": ("maximum", "cap"), "location": ("place",),
    "log": ("record",), "mapping": ("correspondence",), "matrix": ("2-d array",), "mean": ("average",), "member": ("participant",),
    "message": ("note", "text"), "metadata": ("description",), "metric": ("measure", "score"), "model": ("algorithm",), "monitor": ("watcher",),
    "name": ("title",), "network": ("net",), "node": ("vertex", "machine"), "note": ("remark",), "notification": ("alert",), "number": ("count",),
    "object": ("thing", "blob"), "operation": ("action",), "option": ("setting",), "order": ("purchase", "sequence"), "organization": ("company",),
    "output": ("result",), "package": ("bundle",), "parameter": ("setting", "argument"), "partition": ("section",), "password": ("secret",),
    "path": ("route",), "payment": ("bill",), "permission": ("right", "access"), "phone": ("telephone",), "pipeline": ("chain of steps",),
    "plan": ("scheme",), "platform": ("system",), "point": ("spot",), "policy": ("rules", "access rules"), "polynomial": ("poly",), "pool": ("set",),
    "portfolio": ("collection",), "preference": ("choice",), "price": ("cost",), "principal": ("user or role",), "product": ("article",),
    "profile": ("preset",), "project": ("workspace",), "property": ("attribute",), "proposal": ("offer",), "protection": ("guard",),
    "provider": ("vendor",), "queue": ("waiting line",), "quota": ("allowance",), "rating": ("score",), "record": ("row", "entry"),
    "region": ("area",), "registry": ("hub",), "report": ("summary",), "repository": ("repo",), "request": ("inquiry",), "reservation": ("booking",),
    "resource": ("thing",), "response": ("answer",), "result": ("outcome",), "revision": ("version",), "role": ("job function",), "root": ("zero",),
    "route": ("path",), "row": ("record",), "rule": ("condition",), "run": ("execution",), "schedule": ("timetable",), "schema": ("structure",),
    "secret": ("password",), "segment": ("slice",), "sequence": ("series",), "series": ("column",), "server": ("host", "machine"), "service": ("offering",),
    "session": ("login", "conversation"), "setting": ("option", "preference"), "shape": ("size",), "share": ("portion",), "site": ("location",),
    "snapshot": ("point in time copy",), "source": ("origin",), "space": ("area",), "stack": ("set of resources",), "stage": ("phase",),
    "statement": ("sql",), "statistic": ("figures",), "status": ("state", "how far along"), "stream": ("feed",), "string": ("text",),
    "studio": ("workbench",), "subnet": ("network part",), "subscription": ("signup",), "summary": ("overview",), "table": ("sheet",),
    "target": ("destination",), "task": ("work item", "job"), "team": ("crew",), "template": ("blueprint", "pattern"), "tensor": ("n-d array",),
    "theme": ("look and feel",), "threshold": ("cutoff",), "time": ("clock",), "token": ("ticket",), "topic": ("subject",), "tree": ("hierarchy",),
    "type": ("kind",), "usage": ("consumption",), "user": ("person", "member"), "value": ("number", "entry"), "variable": ("unknown",),
    "vector": ("1-d array",), "vertex": ("node",), "version": ("release", "edition"), "volume": ("disk",), "weight": ("factor",),
    "window": ("period",), "worker": ("helper",), "workflow": ("process",), "workspace": ("area",), "zone": ("area",),
    "active": ("live",), "available": ("ready to use",), "current": ("present",), "custom": ("own",), "default": ("standard",), "different": ("other",),
    "existing": ("present",), "given": ("this",), "maximum": ("largest",), "minimum": ("smallest",), "multiple": ("many",), "new": ("fresh",),
    "random": ("arbitrary",), "specific": ("particular",), "specified": ("given",), "unique": ("distinct",),
}  # fmt: skip
STOP = frozenset(["a", "an", "and", "are", "as", "at", "be", "been", "being", "by", "can", "for", "from", "given", "has", "have", "if", "in", "into", "is", "it", "its", "of", "on", "one", "or", "that", "the", "their", "this", "to", "was", "were", "which", "will", "with", "you", "your"])  # fmt: skip
_LEAD_IN = re.compile(
    r"^(?:(?:use|call) this (?:operation|api|action|method|function)? ?to |this (?:operation|api|action|method|function|class)? ?(?:is used to )?|"
    r"(?:the )?\w+ (?:api|action|operation|function|method) (?:is used to )?|you can |you use this \w+ to |grants permission to |utility to |helper to |method to |function to )",
    re.I,
)
_SAYS_NOTHING = re.compile(
    r"deprecat|not supported|no longer|\balias\b|for internal use|see also|for more information|>>>|::|^\s*\w+\(|^(?:note|if|when|you must|requires?|amazon|aws|to use|for example|examples?|by default|see|the following)\b",
    re.I,
)
_CLAUSE = re.compile(
    r"(?:, (?:which|including|such as|where|or|and|so that|with|as)\b|; | - | such that | in order to |\. ).*$"
)
_HEADING = re.compile(r"\n\s*\n\s*\w[\w ]*\n\s*[-=~^]{3,}.*", re.DOTALL)
_MARKUP = re.compile(r":[\w:]+:`|<[^>]+>|\\[a-z]+|\$[^$]*\$|[`*{}\[\]\\]")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:['’]s)?|\S+")
_NAME_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> list[str]:
    """``describe_DBInstances`` as its words, lower case."""
    return [word.lower() for word in _NAME_WORDS.findall(name)]


def same_word(one: str, other: str) -> bool:
    """Whether two words are forms of one: ``lists`` and ``list``, ``merging`` and ``merge``, ``stats`` and ``statistics``."""
    one, other = (
        re.sub(r"(ization|isation|ations?|ing|ies|ed|es|s|e|y)$", "", w.lower()) or w.lower()
        for w in (one, other)
    )
    return one == other or (
        min(len(one), len(other)) >= 4 and (one.startswith(other) or other.startswith(one))
    )


def name_leak(comment: str, name: str) -> float:
    """The share of the words of ``name`` that ``comment`` gives away, in any form."""
    names = [word for word in dict.fromkeys(words_of(name)) if word not in STOP] or words_of(name)
    said = [word for token in re.findall(r"[A-Za-z0-9]+", comment) for word in words_of(token)]
    return round(sum(any(same_word(word, each) for each in said) for word in names) / max(1, len(names)), 3)


def sentences(doc: str) -> list[str]:
    """The sentences of the prose at the beginning of ``doc``, without markup; those that say nothing are left out."""
    prose = _MARKUP.sub(" ", _HEADING.sub("", f"\n{doc}\n"))
    found = re.split(r"(?<=[a-z0-9)])[.:!?](?=\s)|\n\s*\n", prose)
    flat = [
        " ".join(re.sub(r"\([^)]*\)", " ", each).replace(" ,", ",").split()).strip(" .:;,") for each in found
    ]
    return [each for each in flat if len(each.split()) >= 3 and not _SAYS_NOTHING.search(each)]


def comment_of(owner: str, name: str, doc: str) -> str | None:
    """The comment for ``name``; None when its documentation says too little."""
    found = sentences(doc)
    if not found:
        return None
    chance = random.Random(f"{SEED} {owner} {name}")
    names = words_of(name)
    first = _rewritten(cut_clause(imperative(found[0]), chance), names, chance)[:_LONGEST]
    if len(found) > 1 and chance.random() < _LATER_SENTENCE:
        first += [",", *_rewritten(found[1], names, chance)[:_LATER_LONGEST]]
    text = " ".join(_trimmed(first)).replace(" ,", ",")
    content = [word for word in re.findall(r"[A-Za-z]+", text) if word.lower() not in STOP]
    return text[:1].lower() + text[1:] if len(content) >= 3 else None


def imperative(sentence: str) -> str:
    """``Creates a job`` and ``This operation creates a job`` as ``create a job``."""
    rest = _LEAD_IN.sub("", sentence, count=1)
    head, _, tail = rest.partition(" ")
    if len(head) > 3 and head.lower().endswith("s") and not head.lower().endswith(("ss", "us", "is")):
        base = re.sub(r"(?<=[^aeiou])ies$", "y", head.lower())
        base = re.sub(r"(?<=ss|sh|ch)es$|(?<=x)es$", "", base) if base == head.lower() else base
        head = base[:-1] if base == head.lower() else base
    return f"{head} {tail}"


def cut_clause(sentence: str, chance: random.Random) -> str:
    shorter = _CLAUSE.sub("", sentence)
    return shorter if chance.random() < _CLAUSE_CUT and len(shorter.split()) >= 4 else sentence


def _rewritten(sentence: str, names: Sequence[str], chance: random.Random) -> list[str]:
    """The words of ``sentence``, those of the name mostly said otherwise or left out."""
    kept: list[str] = []
    for token in _WORD.findall(sentence):
        bare = re.sub(r"['’]s$", "", token)
        parts = words_of(bare) if re.search(r"[a-z][A-Z]", bare) else [bare.lower()]
        if len(parts) > 1:  # ModelPackage: nobody writes that in a comment
            kept += _rewritten(" ".join(parts), names, chance)
            continue
        word = parts[0]
        if word in STOP or not word[:1].isalpha():
            kept.append(token)
            continue
        other = _said_otherwise(word, VERBS if not kept or kept[-1] == "to" else NOUNS, chance)
        if any(same_word(word, each) for each in names):
            if other and chance.random() < _NAME_WORD_SAID_OTHERWISE:
                kept.append(other)
            elif other or chance.random() >= _NAME_WORD_DROPPED:
                kept.append(bare)
        elif other and chance.random() < _WORD_SAID_OTHERWISE:
            kept.append(other)
        elif other or chance.random() >= _WORD_DROPPED:
            kept.append(bare)
    return kept


def _said_otherwise(word: str, table: Mapping[str, tuple[str, ...]], chance: random.Random) -> str:
    """Another word for ``word``, in the same number; "" when the table has none."""
    if word in table:
        return chance.choice(table[word])
    for singular in (re.sub(r"ies$", "y", word), re.sub(r"es$", "", word), re.sub(r"s$", "", word)):
        if singular in table and table is NOUNS:
            return f"{chance.choice(table[singular])}s"
    return ""


def _trimmed(words: Sequence[str]) -> list[str]:
    """Without the articles, prepositions and repetitions that left-out words leave behind."""
    kept = list(words)
    while kept and (kept[-1].lower() in STOP or not kept[-1][:1].isalnum()):
        kept.pop()
    while kept and (kept[0].lower() in STOP or not kept[0][:1].isalnum()):
        kept.pop(0)
    result: list[str] = []
    for word in kept:
        if result and result[-1].lower() == word.lower():
            continue
        if result and result[-1].lower() in {"a", "an", "the"} and word.lower() in STOP | {","}:
            result.pop()
        result.append(word)
    return result
