"""What expressions of TypeScript stand for in the index."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from soothsay.engine.site import Site
from soothsay.engine.types import ApiName, CompletionRequest
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.typescript.environment.finder import NodeEnvironments

PACKAGES = {
    "dates": """
        export declare class Day { add(days: number): Day; toDate(): Promise<Stamp>; readonly zone: Zone; }
        export interface Stamp { milliseconds(): number }
        export interface Zone { offset(at: number): number }
        export declare function today(): Day;
        export declare function later(): Promise<Day | undefined>;
        export default Day;
    """,
    "low": "declare const low: low.Static;\ndeclare namespace low { interface Static { chunk(array: any[]): any[] } }\nexport = low;\n",
    "spaces": 'export * as text from "./text";\n',
}
SHOP = "export class Shop { pay(amount: number): Receipt { return null! } }\nexport class Receipt { print(): void {} }\n"
HEAD = """import Day, { today, later, type Zone, Day as D } from "dates";
import * as dates from "dates";
import low from "low";
import { text } from "spaces";
import { Shop } from "./shop";
const { today: now } = require("dates");

const day = new D(), other = new Day(), called = today(), member = dates.today().add(1), shop = new Shop();
const paid = shop.pay(1);
let zone: Zone, whole: dates.Day;
let plain = [1, 2], unknown = f();

"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    folder = tmp_path_factory.mktemp("resolution")
    workspace = folder / "w"
    for name, text in PACKAGES.items():
        package = workspace / "node_modules" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(
            f'{{"name": "{name}", "version": "1.0.0", "types": "index.d.ts"}}'
        )
        (package / "index.d.ts").write_text(text)
    (workspace / "node_modules/spaces/text.d.ts").write_text(
        "export declare function trim(text: string): string;\n"
    )
    (workspace / "package.json").write_text('{"dependencies": {"dates": "1", "low": "1", "spaces": "1"}}')
    (workspace / "shop.ts").write_text(SHOP)
    (workspace / "app.ts").write_text(HEAD)
    opened = LocalIndex.open(folder / "index", workspace, None)
    finder = NodeEnvironments()
    opened.build_from(finder.read(finder.locate(workspace, "", {"PATH": ""}), 10), embed=False)
    yield opened
    opened.close()


def site(index: LocalIndex, text: str = HEAD) -> Site:
    root = index.workspace.root
    return Site(CompletionRequest(root / "app.ts", text, len(text), root, "typescript"), index)


@pytest.mark.parametrize(
    ("expression", "owner"),
    [
        ("dates", "npm:dates"),
        ("text", "npm:spaces.text"),
        ("day", "npm:dates.Day"),
        ("other", "npm:dates.Day"),
        ("called", "npm:dates.Day"),
        ("now()", "npm:dates.Day"),
        ("member", "npm:dates.Day"),
        ("new D().add(2)", "npm:dates.Day"),
        ("(await day.toDate())", "npm:dates.Stamp"),
        ("day.zone", "npm:dates.Zone"),
        ("zone", "npm:dates.Zone"),
        ("whole", "npm:dates.Day"),
        ("low", "npm:low.Static"),
        ("shop", "script:shop.Shop"),
        ("paid", "script:shop.Receipt"),
        ("later()", ""),  # of two types
        ("plain", ""),
        ("unknown", ""),
        ("nowhere.at(1)", ""),
        ("", ""),
    ],
)
def test_owners(index: LocalIndex, expression: str, owner: str) -> None:
    assert site(index).owner_of(expression) == owner


@pytest.mark.parametrize(
    ("receiver", "name", "known"),
    [
        ("dates", "today", True),
        ("dates", "tomorrow", False),
        ("day", "add", True),
        ("day", "subtract", False),
        ("plain", "map", True),  # the language's own library is not in the index
        ("", "today", True),
        ("", "parseInt", True),
    ],
)
def test_what_the_index_doubts(index: LocalIndex, receiver: str, name: str, known: bool) -> None:
    here = site(index)
    assert here.in_index(ApiName(name, receiver, 0, len(name))) is known


def test_a_member_is_written_as_the_file_would(index: LocalIndex) -> None:
    here = site(index)
    add = index.lookup("npm:dates.Day.add")
    assert add is not None and here.spell(add, "day", "npm:dates.Day") == "day.add"
    today = index.lookup("npm:dates.today")
    assert today is not None and here.spell(today, "", "") == "today"
