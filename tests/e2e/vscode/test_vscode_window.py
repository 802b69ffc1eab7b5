"""What a person sees in VS Code: ghost text, verdict, explanation; and what becomes of a server that dies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect
from workbench import DARK, HIGH_CONTRAST, LIGHT, NORMAL, PATIENCE, SECONDS, OpenWorkbench, Workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

MOST_VALUES = 12  # of the call
TALL: ViewportSize = {"width": 1360, "height": 1760}  # all of the panel


# The least contrast of a text with what lies behind it, backgrounds that shine through included.
LEAST_CONTRAST = """(body) => {
    const numbers = (colour) => {
        const found = colour.match(/[\\d.e-]+/g).map(Number);
        const scale = colour.startsWith("color(srgb") ? 1 : 255;
        return [...found.slice(0, 3).map((each) => each / scale), found[3] ?? 1];
    };
    const over = ([r, g, b, a], [R, G, B]) => [r, g, b].map((each, i) => a * each + (1 - a) * [R, G, B][i]);
    const linear = (each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    const luminance = (rgb) => rgb.map(linear).reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0);
    const probe = document.createElement("i");
    body.append(probe);
    probe.style.setProperty("forced-color-adjust", "none");
    probe.style.setProperty("color", "var(--vscode-editor-background)");
    const paper = numbers(getComputedStyle(probe).color).slice(0, 3);
    probe.remove();
    const behind = (element) => {
        if (element === document.documentElement || element === null) return paper;
        return over(numbers(getComputedStyle(element).backgroundColor), behind(element.parentElement));
    };
    const ratios = [...body.querySelectorAll("*")]
        .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
        .filter((each) => !each.closest(".end"))
        .map((each) => {
            const back = behind(each);
            const [low, high] = [luminance(over(numbers(getComputedStyle(each).color), back)), luminance(back)].sort(
                (a, b) => a - b,
            );
            return (high + 0.05) / (low + 0.05);
        });
    return Math.min(...ratios);
}"""


@pytest.fixture(scope="module")
def bench(start: OpenWorkbench, workspace: Path) -> Iterator[Workbench]:
    """A window on the examples, when the index is up to date."""
    opened = start(workspace)
    opened.open("job.py")
    opened.wait_for_index(900)
    yield opened


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen while one completion was typed, shown and accepted."""

    ghost: str
    on_disk: str
    status: str
    connections: set[str]


@pytest.fixture(scope="module")
def seen(bench: Workbench) -> Seen:
    bench.open("job.py")
    bench.end_of_file()
    bench.page.keyboard.type("response = client.", delay=60)
    ghost = bench.wait_for_ghost(r"(?s)create_model_customization_job\(.*\)")
    connections = bench.foreign_connections()
    bench.pictures("vscode-ghost-text")
    bench.page.locator(".editor-instance .view-lines").first.focus()
    bench.page.keyboard.press("Tab")
    values = bench.page.locator(".editor-instance .snippet-placeholder")
    values.first.wait_for()
    bench.pictures("vscode-tab-stops")
    bench.page.locator(".editor-instance .view-lines").first.focus()
    for _ in range(MOST_VALUES):
        if not values.count():
            break
        bench.page.keyboard.press("Tab")
        bench.page.wait_for_timeout(200)
    bench.save()
    status = bench.wait_for_status("verified")
    bench.picture("vscode-status-dark")
    bench.hide_status()
    return Seen(ghost, bench.read("job.py"), status, connections | bench.foreign_connections())


def test_the_grounded_call_is_shown_and_tab_writes_it(seen: Seen, workspace: Path) -> None:
    written = seen.on_disk.split("response = client.")[1]
    assert written.rstrip() == seen.ghost.rstrip()
    for required in (
        "jobName=",
        "customModelName=",
        "roleArn=",
        "baseModelIdentifier=",
        "trainingDataConfig=",
    ):
        assert required in written
    compile(seen.on_disk, "job.py", "exec")


def test_the_status_names_model_and_verdict(seen: Seen) -> None:
    from botocore import __version__ as version

    assert "qwen2.5-coder-0.5b" in seen.status
    assert f"✓ verified · botocore {version}" in seen.status
    assert "create_model_customization_job" in seen.status


def test_why_this_completion_shows_the_evidence_and_opens_it(bench: Workbench, seen: Seen) -> None:
    bench.run("View: Toggle Primary Side Bar Visibility")
    bench.page.set_viewport_size(TALL)
    bench.run("soothsay: Why This Completion?")
    page = bench.panel
    expect(page.locator(".chip.verified")).to_contain_text("✓ verified · botocore", timeout=60 * SECONDS)
    expect(page.locator(".token").first).to_have_attribute("title", re.compile(r"^[01]\.\d{3}$"))
    assert "create_job" in "".join(page.locator("pre .token").all_inner_texts())
    expect(page.locator("body")).to_contain_text("not_in_index the installed version has no such name")
    expect(page.locator("table")).to_contain_text("regenerate")
    bench.pictures("vscode-why")
    for theme in (LIGHT, HIGH_CONTRAST, DARK):
        bench.set_theme(theme)
        assert page.locator("body").evaluate(LEAST_CONTRAST) >= 4.5, theme  # WCAG 2.2, level AA

    page.locator("ol a").filter(has_text="create_model_customization_job").first.click()
    bench.page.locator('.tab.active[data-resource-name="service-2.json.gz.json"]').wait_for()
    expect(bench.page.locator(".editor-instance .view-lines").first).to_contain_text(
        "CreateModelCustomizationJob"
    )
    bench.page.set_viewport_size(NORMAL)
    bench.run("View: Toggle Primary Side Bar Visibility")
    bench.run("View: Close All Editors")


def test_a_server_that_is_killed_comes_back(bench: Workbench) -> None:
    bench.open("again.py")
    bench.end_of_file()
    (before,) = bench.servers()
    before.kill()

    def successor() -> int | None:
        return next((each.pid for each in bench.servers() if each.pid != before.pid), None)

    assert bench.wait(successor, 60) != before.pid
    bench.wait_for_status(r"soothsay: qwen2\.5-coder-0\.5b\s+ready")
    bench.hide_status()
    bench.page.keyboard.type("json.", delay=60)
    assert bench.wait_for_ghost(r"loads\(")


def test_a_cell_knows_the_cells_above_it(bench: Workbench) -> None:
    bench.open("cells.ipynb")
    editor = bench.page.locator(".notebookOverlay .cell-editor-container .view-lines").nth(1)
    editor.click()
    bench.page.keyboard.press("Control+End")
    bench.page.keyboard.type(".", delay=60)
    assert bench.wait_for_ghost(r"list_buckets\(")
    bench.page.keyboard.press("Tab")
    expect(editor).to_contain_text("list_buckets(")
    bench.page.keyboard.press("Control+S")
    bench.page.locator(".tab.active.dirty").wait_for(state="detached", timeout=PATIENCE)
    source = json.loads(bench.read("cells.ipynb"))["cells"][1]["source"]
    assert "response = storage.list_buckets(" in "".join(source)


def test_nothing_leaves_the_loopback(bench: Workbench, seen: Seen) -> None:
    assert len(bench.requests) > 20  # they are written down at all
    assert bench.foreign_requests() == []
    assert seen.connections | bench.foreign_connections() == set()
