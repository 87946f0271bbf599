"""Graphs of curves, looked at by a browser and by an image library."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import discstack as ds
from discstack.benchmark import Pattern
from discstack.cli.output import Sparkline
from discstack.graphs import check_graph
from discstack.graphs.series import series_of, title_of

STEADY, QUICK = "slow & <b>steady</b>", r"quick $\nothing$"  # that the names of files may look like
CLICK = """<script>
setTimeout(() => {
  const button = [...document.querySelectorAll(".updatemenu-button")].find(b => b.textContent == "%s");
  button.dispatchEvent(new MouseEvent("mousedown", {bubbles: true}));
  button.dispatchEvent(new MouseEvent("mouseup", {bubbles: true}));
  button.dispatchEvent(new MouseEvent("click", {bubbles: true}));
}, 1000);
</script>"""


def curve_of(speed: int, title: str, fault: str = "") -> ds.Curve:
    collect = ds.CurveRecorder(title)
    with ds.open(f"virtual:dvd+r?capacity=65536&speed={speed}{fault}") as recorder:
        try:
            ds.DataWriter(recorder, verify=ds.VerifyLevel.NONE).write(Pattern(16384), on_event=collect)
        except ds.DriveError as error:
            collect.failed(error)
    return collect.curve()


@pytest.fixture(scope="module")
def curves() -> list[ds.Curve]:
    return [curve_of(4, STEADY), curve_of(8, QUICK)]


def browse(page: Path, addition: str = "") -> str:
    """Return what a browser makes of a page: its document once all scripts ran."""
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{addition}</body>"), encoding="utf-8")
    browser = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom")
    home = {"HOME": str(page.parent), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [*browser, f"--user-data-dir={page.parent}/profile", page.as_uri()],
        env=home,
        check=True,
        capture_output=True,
        timeout=200,
    )
    return done.stdout.decode()


def test_a_browser_shows_both_runs_laid_over_each_other(curves: list[ds.Curve], tmp_path: Path) -> None:
    ds.draw(curves, tmp_path / "page.html")
    page = browse(tmp_path / "page.html")
    assert page.count('class="trace scatter') == 2 * 5  # speed, ring, drive, latency, events of each run
    names = ("slow &amp; &lt;b&gt;steady&lt;/b&gt;", QUICK)
    for words in (*names, "speed (MB/s)", "buffers (% full)", "99 % of commands (ms)"):
        assert words in page
    assert 'class="xtitle' in page or 'class="x3title' in page
    assert "position on the disc (GB)" in page
    assert "https://cdn" not in page.split("</script>")[-1]


@pytest.mark.parametrize(
    ("button", "title"), [("over time", "time since the start (s)"), ("from each start", "written or read so far (GB)")]
)
def test_a_button_of_the_page_changes_what_the_axis_counts(
    curves: list[ds.Curve], tmp_path: Path, button: str, title: str
) -> None:
    ds.draw(curves, tmp_path / "page.html")
    page = browse(tmp_path / "page.html", CLICK % button)
    shown = page[page.index("x3title") :][:400]
    assert title in shown


def test_a_title_names_few_runs_and_counts_many(curves: list[ds.Curve]) -> None:
    one, two = curves
    assert title_of(series_of([one, two])) == f"{one.title} / {two.title}"
    assert title_of(series_of([one, two, one])) == "3 runs"


def test_pictures_are_pictures(curves: list[ds.Curve], tmp_path: Path) -> None:
    ds.draw(curves, tmp_path / "both.png")
    ds.draw(curves[1:], tmp_path / "one.svg")
    head = (tmp_path / "both.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (1200, 960)
    assert ET.parse(tmp_path / "one.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert f"<!-- speed, {QUICK} -->" in (tmp_path / "one.svg").read_text(encoding="utf-8")


def test_letters_that_the_font_lacks_make_no_noise(curves: list[ds.Curve], tmp_path: Path) -> None:
    ds.draw([replace(curves[0], title="\N{CJK UNIFIED IDEOGRAPH-5199}")], tmp_path / "one.png")
    assert (tmp_path / "one.png").stat().st_size > 1000


def test_long_names_are_cut_and_told_apart_all_the_same(curves: list[ds.Curve]) -> None:
    one, two = (replace(curve, title="x" * 1000 + curve.title) for curve in curves)
    assert [run.name for run in series_of([one, two])] == [f"{'x' * 59}\u2026 ({number})" for number in (1, 2)]


def test_a_run_of_one_moment_is_shown(curves: list[ds.Curve], tmp_path: Path) -> None:
    short = replace(curves[0], samples=curves[0].samples[-1:])
    ds.draw([short], tmp_path / "one.html")
    assert '"mode":"lines+markers"' in (tmp_path / "one.html").read_text(encoding="utf-8")
    for curve, dots in ((short, 2 * 4), (curves[0], 0)):  # in the panels and in their legends
        ds.draw([curve], tmp_path / "one.svg")
        assert len(re.findall("<use [^>]*#0b6fb8", (tmp_path / "one.svg").read_text(encoding="utf-8"))) == dots


def test_the_numbers_are_those_of_the_curve(curves: list[ds.Curve]) -> None:
    slow, quick = series_of(curves)
    assert (slow.name, quick.name) == (STEADY, QUICK)
    assert slow.colour != quick.colour
    speed = next(line for line in quick.lines if line.name == "speed")
    samples = curves[1].samples
    assert speed.values[-1] == samples[-1].speed / 1e6
    assert speed.values[0] is None  # nothing is known at the first moment
    assert quick.positions[-1] == quick.moved[-1] == 16384 * 2048 / 1e9
    assert [point.text for point in quick.points][-2:] == ["finalising", "done"]
    assert quick.points[-1].position == quick.positions[-1]


def test_runs_of_one_name_are_told_apart(curves: list[ds.Curve]) -> None:
    assert [run.name for run in series_of([curves[0], curves[0]])] == [f"{STEADY} (1)", f"{STEADY} (2)"]


def test_a_run_that_failed_before_the_first_sample_can_be_drawn(tmp_path: Path) -> None:
    collect = ds.CurveRecorder("nothing")
    collect.failed(ValueError("the end"))
    for name in ("page.html", "picture.png"):
        ds.draw([collect.curve()], tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000


def test_a_run_that_failed_shows_where(tmp_path: Path) -> None:
    curve = curve_of(4, "bad", "&fault=medium-error:8000-8015")
    (run,) = series_of([curve])
    assert "MEDIUM ERROR" in run.points[-1].text.upper()
    assert 0 < run.points[-1].position < 16384 * 2048 / 1e9
    ds.draw([curve], tmp_path / "bad.svg")
    ds.draw([replace(curve, marks=())], tmp_path / "unmarked.svg")
    bad, unmarked = ((tmp_path / name).read_text(encoding="utf-8") for name in ("bad.svg", "unmarked.svg"))
    assert "WRITE" in bad
    panels = [re.findall('id="axes_.">\n.*\n *<path d="([^"]*)', picture) for picture in (bad, unmarked)]
    assert panels[0] == panels[1]  # words take no room from them
    assert len(panels[0]) == 3


@pytest.mark.parametrize("name", ["curve", "curve.jpg", "html"])
def test_a_name_that_says_nothing_is_refused(name: str, curves: list[ds.Curve]) -> None:
    with pytest.raises(ValueError, match=r"ends in \.html"):
        ds.draw(curves, name)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.graphs.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"needs plotly.*discstack\[graph\]"):
        check_graph("page.html")


def test_the_command_line_draws_what_burns_saved(discstack: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(3_000_000))
    for name, speed in (("a.json", 2.4), ("b.json", 8)):
        done = discstack("burn", "file", "-d", f"virtual:dvd+r?speed={speed}", "--curve", name, "--verify", "none")
        assert done.code == 0, done.err
    assert discstack("graph", "a.json", "b.json", "-o", "both.html").code == 0
    assert b"burn file (2)" in (tmp_path / "both.html").read_bytes()
    assert discstack("graph", "a.json", "b.json", "-o", "both.json").code == 2
    (tmp_path / "no.json").write_text("{}")
    told = discstack("graph", "a.json", "b.json", "-o", "both.html", "--json")
    assert (told.code, told.json) == (0, {"output": "both.html", "curves": 2})
    refused = discstack("graph", "no.json", "-o", "x.png")
    assert refused.code == 2
    assert "no.json: this is no discstack curve" in refused.err


def test_a_burn_draws_its_own_graph_and_an_audio_disc_too(discstack: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(3_000_000))
    done = discstack("burn", "file", "-d", "virtual:dvd+r?speed=2.4", "--curve", "burn.html")
    assert done.code == 0, done.err
    assert b"burn file" in (tmp_path / "burn.html").read_bytes()
    refused = discstack("burn", "file", "-d", "virtual:dvd+r?file=disc", "--curve", "burn.xls")
    assert refused.code == 2
    assert discstack("info", "virtual:dvd+r?file=disc", "--json").json["medium"]["blank"]


def test_small_bars_show_the_shape() -> None:
    line = Sparkline(8)
    for fraction, value in ((0.0, 1.0), (0.3, 4.0), (0.5, 8.0), (1.0, 0.0)):
        line.add(fraction, value)
    assert str(line) == "▁▁▄▄███ "
    assert str(Sparkline()) == ""


def test_small_bars_are_those_that_the_terminal_has() -> None:
    line = Sparkline(2, shown_on=io.TextIOWrapper(io.BytesIO(), encoding="cp437"))
    line.add(0.0, 1.0)
    line.add(0.9, 8.0)
    assert str(line) == ".#"
