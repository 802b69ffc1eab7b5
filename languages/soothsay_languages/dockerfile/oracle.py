"""The language server of Dockerfiles as an oracle: which instructions there are, and what they take."""

from __future__ import annotations

from soothsay_languages.oracle import DiagnosticKind, ServerPackage, ServerSpec, not_elsewhere, npm_script

# the numbers of ValidationCode in dockerfile-utils 0.16
_KINDS: dict[str, DiagnosticKind] = {
    "38": "not_a_member",  # an instruction
    **dict.fromkeys(("39", "40", "41", "42"), "unknown_argument"),  # a flag of ADD, COPY, FROM, HEALTHCHECK
    **dict.fromkeys(("3", "9", "43"), "unknown_argument"),  # one argument more than is taken, or another word
    **dict.fromkeys(("2", "4", "5", "6", "7", "8", "46"), "missing_argument"),
    **dict.fromkeys(("15", "16", "17", "18", "19", "24", "25", "26", "27", "47", "48"), "wrong_type"),
    **dict.fromkeys(("21", "28", "33", "34", "35", "36", "49"), "syntax"),
}


DOCKER_SERVER = ServerSpec(
    name="dockerfile-language-server-nodejs",
    find_command=not_elsewhere,
    language_ids=dict.fromkeys(
        (".dockerfile", ".containerfile", "Dockerfile", "Containerfile"), "dockerfile"
    ),
    kinds=_KINDS,
    install="soothsay judges install dockerfile-language-server-nodejs",
    # it proposes the tags of images, which it asks a registry for
    unasked=frozenset({"textDocument/completion"}),
    diagnostics_ms=400,
    package=ServerPackage(
        "dockerfile-language-server-nodejs",
        "0.15.0",
        npm_script("dockerfile-language-server-nodejs/bin/docker-langserver"),
        ("--stdio",),
        licence="MIT",
        runner="node",
    ),
)
