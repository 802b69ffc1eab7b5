"""The main job, shown: each example is completed without retrieval and with it. Run it with `make demo`."""

from pathlib import Path

from rich.console import Console
from rich.rule import Rule

from soothsay.config import PATIENT, Settings
from soothsay.engine.contract import completion_to_json
from soothsay.engine.types import CompletionRequest
from soothsay.cli.explain import explanation
from soothsay.backend.session import Session, open_in_process

HERE = Path(__file__).resolve().parent
EXAMPLES = {
    "bedrock.py": "a rare API: the model makes one up, the service model of the installed botocore knows better",
    "arrays.py": "numpy: what the installed version offers",
    "buckets.py": "a frequent API: known and confident, so nothing is retrieved",
    "refund.py": "your own code: the function stands in another file of the workspace",
}


def main() -> None:
    console = Console(width=118)
    settings = Settings(completion=PATIENT)
    session = Session(settings, HERE, open_in_process)
    session.load_model()
    for name, title in EXAMPLES.items():
        path = HERE / name
        text = path.read_text(encoding="utf-8").rstrip("\n")
        console.print(Rule(f"[bold]{name}[/] · {title}"))
        console.print(text + "[reverse] [/]", highlight=False)
        base = session.complete(CompletionRequest(path, text, len(text), HERE, method="base"))
        console.print(f"\n[bold cyan]without retrieval[/] [dim]({base.verdict})[/]")
        console.print(f"  {base.text}\n", highlight=False, markup=False)
        completion = session.complete(CompletionRequest(path, text, len(text), HERE))
        console.print(explanation(completion_to_json(completion)))
        console.print()
    session.close()


if __name__ == "__main__":
    main()
