"""Render architecture/*.mmd to PNG beside them: the mermaid library in a headless Chromium, both from this machine.

Run by `make diagrams`. Chromium is the one thing that no lock provides: any recent one on the PATH will do, or the one
that ZEBROS_CHROMIUM names. Nothing is fetched while rendering.

Each PNG carries the hash of the source that it shows, so a test finds a picture that was forgotten.
"""

import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

ARCHITECTURE = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MARGIN = 24
"""CSS pixels around the drawing."""
SCALE = 2
"""Device pixels per CSS pixel: sharp on the screens that people have."""
RENDERING_BUDGET_MILLISECONDS = 20_000
"""Virtual time, which passes as fast as the work is done."""

PAGE = """<!doctype html><meta charset="utf-8">
<style>body {{ margin: {margin}px; background: white; font-family: sans-serif }} svg {{ display: block }}</style>
<pre class="mermaid">{source}</pre>
<script src="{library}"></script>
<script>
  mermaid.initialize({{ startOnLoad: true, theme: "neutral", securityLevel: "strict",
    flowchart: {{ htmlLabels: true, useMaxWidth: false, nodeSpacing: 70, wrappingWidth: 280 }} }});
</script>
"""


class RenderingError(Exception):
    """A diagram could not be drawn; the message says what to do."""


def find_browser() -> str:
    """Path of a Chromium; raises RenderingError that says how to get one."""
    named = os.environ.get("ZEBROS_CHROMIUM")
    found = [named] if named else [path for name in BROWSERS if (path := shutil.which(name))]
    if not found or not Path(found[0]).is_file():
        raise RenderingError(
            "Diagrams are drawn by Chromium, and there is none here. Install it (Debian: apt-get install chromium) "
            "or name one: ZEBROS_CHROMIUM=/path/to/chromium make diagrams"
        )
    return found[0]


def run_browser(browser: str, profile: Path, *arguments: str) -> str:
    """Open a page without a window, until its virtual time is used up; returns what Chromium prints."""
    # Containers offer no user namespaces to a root user; the only page opened is ours, from this machine.
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
    budget = f"--virtual-time-budget={RENDERING_BUDGET_MILLISECONDS}"
    result = subprocess.run(  # noqa: S603  the browser that the user has, with our own arguments
        [browser, *flags, budget, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    if result.returncode:
        raise RenderingError(f"{browser} failed: {result.stderr[-2000:]}")
    return result.stdout


def drawing_size(document: str, source: Path) -> tuple[int, int]:
    """Width and height of the drawing in CSS pixels, from the rendered document."""
    box = re.search(r'<svg[^>]*\bviewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', document)
    if box is None or 'aria-roledescription="error"' in document:
        raise RenderingError(
            f"{source.name}: mermaid could not read it; try it in an editor that shows the error"
        )
    return int(float(box[1])) + 1, int(float(box[2])) + 1


def render(source: Path, library: Path, browser: str) -> Path:
    """Draw one diagram; returns the PNG."""
    target = source.with_suffix(".png")
    with tempfile.TemporaryDirectory() as work:
        page = Path(work) / "page.html"
        text = html.escape(source.read_text(encoding="utf-8"))
        page.write_text(PAGE.format(margin=MARGIN, source=text, library=library.as_uri()), encoding="utf-8")
        profile = Path(work) / "profile"
        width, height = drawing_size(run_browser(browser, profile, "--dump-dom", page.as_uri()), source)
        size = f"--window-size={width + 2 * MARGIN},{height + 2 * MARGIN}"
        scale = f"--force-device-scale-factor={SCALE}"
        run_browser(browser, profile, size, scale, f"--screenshot={target}", page.as_uri())
    target.write_bytes(mark(target.read_bytes(), source.read_bytes()))
    return target


def mark(png: bytes, source: bytes) -> bytes:
    """The image with a text chunk `Source-SHA256`, after its header (PNG, sections 5.3 and 11.3.3.3)."""
    body = b"tEXtSource-SHA256\0" + hashlib.sha256(source).hexdigest().encode()
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    header_end = 8 + 4 + 4 + 13 + 4
    return png[:header_end] + chunk + png[header_end:]


def main(library: str) -> int:
    """Render every diagram with the mermaid library at this path."""
    try:
        browser = find_browser()
        for source in sorted(ARCHITECTURE.glob("*.mmd")):
            target = render(source, Path(library).resolve(), browser)
            sys.stdout.write(f"{target.relative_to(ARCHITECTURE.parent)}\n")
    except RenderingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
