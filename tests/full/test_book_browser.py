"""What moves on the book's pages: explorers, predictions, folds, the figures that are drawn live."""

import io
import json

import pytest
import shelf
import torch
from PIL import Image, ImageChops
from real import ROOT

from posenc import functional, plots
from posenc.course import places
from posenc.course.editions.book import frames

pytestmark = pytest.mark.full
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def reader(browser, site):
    with shelf.Reader(browser, site) as reader:
        yield reader


@pytest.fixture(scope="module")
def phone(browser, site):
    with shelf.Reader(browser, site, color_scheme="dark", **PHONE) as reader:
        yield reader


def drawn(stem):
    """The frames of a lesson as Python drew them."""
    [source] = places.choose(places.sources(ROOT), [stem])
    return frames.frames(ROOT, [source], 1)[stem]


def explorers(page):
    """Each explorer of a page, unfolded."""
    page.evaluate("document.querySelectorAll('article details').forEach((f) => { f.open = true; })")
    return page.locator(".posenc-explorer").all()


def shown(reader, box):
    """The bytes, the text and the sentence of the picture that an explorer shows."""
    image = box.locator("img")
    image.evaluate("(e) => e.decode()")
    data = reader.context.request.get(image.evaluate("(e) => e.src")).body()
    return data, image.get_attribute("alt"), box.locator(".posenc-said").inner_text()


def number(controls, places):
    at = 0
    for control, place in zip(controls, places, strict=True):
        at = at * len(control["values"]) + place
    return at


def by_keys(box, at, control, end):
    if control["kind"] == "range":
        box.locator(f"[data-control='{at}']").press("End" if end else "Home")
        return
    radios = box.locator(f"[data-control='{at}']")
    radios.nth(0).focus()
    for _ in range(2 * radios.count()):
        if radios.nth(radios.count() - 1 if end else 0).is_checked():
            return
        box.page.keyboard.press("ArrowDown")


def by_mouse(box, at, control, end):
    inputs = box.locator(f"[data-control='{at}']")
    if control["kind"] == "range":
        room = inputs.bounding_box()
        inputs.click(position={"x": room["width"] - 2 if end else 2, "y": room["height"] / 2})
    else:
        inputs.nth(inputs.count() - 1 if end else 0).click()


def by_touch(box, at, control, end):
    inputs = box.locator(f"[data-control='{at}']")
    if control["kind"] == "range":
        room = inputs.bounding_box()
        inputs.tap(position={"x": room["width"] - 2 if end else 2, "y": room["height"] / 2})
    else:
        inputs.nth(inputs.count() - 1 if end else 0).tap()


@pytest.mark.parametrize("stem", shelf.LESSONS)
@pytest.mark.parametrize("move", [by_keys, by_mouse, by_touch])
def test_every_explorer_shows_at_its_ends_what_python_draws_there(request, stem, move):
    reader = request.getfixturevalue("phone" if move is by_touch else "reader")
    boxes = explorers(reader.open(f"lessons/{stem}"))
    made = list(drawn(stem).values())
    assert len(boxes) == len(made)
    for box, each in zip(boxes, made, strict=True):
        controls = each["controls"]
        for end in (True, False):
            for at, control in enumerate(controls):
                move(box, at, control, end)
            ends = [len(control["values"]) - 1 if end else 0 for control in controls]
            frame = each["frames"][number(controls, ends)]
            assert shown(reader, box) == (frame["webp"], frame["alt"], frame["alt"])
    assert reader.wrong == []


def test_a_frame_has_the_pixels_of_the_picture():
    """A lossless picture: the hands of lesson 03 are drawn again."""
    if any(stem.startswith("03") for stem in shelf.LESSONS):
        each = next(e for e in drawn("03_the_frequency_formula").values() if e["start"])
        for value, frame in list(zip(each["controls"][0]["values"], each["frames"], strict=True))[::21]:
            again = plots.clock_hands(value, dim=8, odometer=10).png
            first, second = (Image.open(io.BytesIO(data)).convert("RGBA")
                             for data in (again, frame["webp"]))  # fmt: skip
            assert ImageChops.difference(first, second).getbbox() is None


# --- predictions ---


def folds(page, at):
    return page.locator(f".tag_settles-{at} details").evaluate_all("(all) => all.map((e) => e.open)")


@pytest.mark.parametrize("stem", shelf.LESSONS)
def test_a_guess_opens_its_result_alone_and_is_there_after_a_reload(browser, site, stem):
    with shelf.Reader(browser, site) as reader:
        page = reader.open(f"lessons/{stem}")
        forms = page.locator(".posenc-asked").all()
        count = len(forms)
        assert count
        assert not any(open for at in range(1, count + 1) for open in folds(page, at))
        for at, form in enumerate(forms, 1):
            others = {other: folds(page, other) for other in range(at + 1, count + 1)}
            answered(form)
            assert all(folds(page, at))
            assert {other: folds(page, other) for other in others} == others
        said = page.locator(".posenc-noted").all_inner_texts()
        assert all("Noted: you predicted" in line for line in said)
        page.reload()
        page.evaluate(shelf.READY)
        assert page.locator(".posenc-noted").all_inner_texts() == said
        assert all(open for at in range(1, count + 1) for open in folds(page, at))
        assert reader.wrong == []


def answered(form):
    kind = form.get_attribute("data-kind")
    if kind == "choice":
        form.locator("[name=guess]").last.check()
        return
    if kind == "number":
        form.locator("[name=guess]").fill("1")
    else:
        for slider in form.locator("[name=guess]").all():
            slider.press("End")
    form.get_by_role("button").click()


def test_reading_mode_is_one_click_and_is_remembered(browser, site):
    with shelf.Reader(browser, site) as reader:
        page = reader.open(f"lessons/{shelf.LESSONS[0]}")
        button = page.get_by_role("button", name="Reading mode")
        button.click()
        page = reader.open(f"lessons/{shelf.LESSONS[-1]}")
        every = "[class*=tag_settles-] details"
        assert all(page.locator(every).evaluate_all("(all) => all.map((e) => e.open)"))
        button = page.get_by_role("button", name="Reading mode")
        assert button.get_attribute("aria-pressed") == "true"
        button.click()
        page.reload()
        assert not any(page.locator(every).evaluate_all("(all) => all.map((e) => e.open)"))


def test_a_link_into_a_folded_result_opens_it_and_printing_opens_all(reader):
    page = reader.open(f"lessons/{shelf.LESSONS[0]}")
    page.evaluate("localStorage.clear()")
    page = reader.open(f"lessons/{shelf.LESSONS[0]}")
    cell = page.locator(".tag_settles-1").last
    place = cell.evaluate(
        "(e) => { let at = e; while (!at.querySelector?.('.posenc-at') && !at.matches('.posenc-at'))"
        " at = at.previousElementSibling; return (at.querySelector('.posenc-at') || at).id; }"
    )
    page = reader.open(f"lessons/{shelf.LESSONS[0]}", f"#{place}")
    assert all(cell.locator("details").evaluate_all("(all) => all.map((e) => e.open)"))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("article details:not([open])").count() > 0


def test_the_search_finds_what_is_folded_and_opens_it(browser, book):
    """From a file, as on a stick: no server, no network."""
    with shelf.Reader(browser, book.as_uri()) as reader:
        page = reader.open("search")
        page.goto(f"{book.as_uri()}/search.html?q=permutation")
        page.locator("#search-results li a").first.wait_for()
        assert page.locator("#search-results li").count() > 2
        assert reader.wrong == []


def test_solutions_are_folded_and_open(reader):
    page = reader.open(f"lessons/{shelf.LESSONS[0]}")
    folded = page.locator(".tag_solution details")
    assert folded.count()
    assert not any(folded.evaluate_all("(all) => all.map((e) => e.open)"))
    folded.first.locator("summary").first.press("Enter")
    assert folded.first.evaluate("(e) => e.open")


# --- without a script, with less motion, by keys ---


def test_without_a_script_everything_is_there_and_explorers_are_stills(browser, site):
    with shelf.Reader(browser, site, java_script_enabled=False) as reader:
        for stem in shelf.LESSONS:
            reader.page.goto(f"{site}/lessons/{stem}.html")
            assert reader.page.locator(".posenc-explorer").count() == len(drawn(stem))
            assert not any(box.is_visible() for box in reader.page.locator(".posenc-explorer").all())
            stills = reader.page.locator(".posenc-stills")
            assert all(each.locator("img").count() for each in stills.all())
            assert reader.page.locator(".posenc-noscript, noscript").count() >= 0
            assert reader.page.locator("article details summary").first.is_visible()


def test_the_first_key_leads_past_the_navigation(reader):
    page = reader.open(f"lessons/{shelf.LESSONS[0]}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    assert page.locator("html").get_attribute("lang") == "en"


def test_nothing_moves_before_it_is_asked_to(browser, site):
    with shelf.Reader(browser, site, reduced_motion="reduce") as reader:
        page = reader.open("index")
        before = page.locator(".posenc-hero canvas").screenshot()
        page.wait_for_timeout(1500)
        assert page.locator(".posenc-hero canvas").screenshot() == before


def test_a_screen_reader_hears_controls_and_pictures_by_name(reader):
    page = reader.open(f"lessons/{shelf.LESSONS[0]}")
    for box in explorers(page):
        heard = box.aria_snapshot()
        data = json.loads(box.locator("script").text_content())
        for control in data["controls"]:
            assert control["label"] in heard
        assert data["frames"][data["start"]]["alt"][:40] in heard
    form = page.locator(".posenc-asked").first.aria_snapshot()
    assert "radio" in form
    assert form.count("group") >= 1


# --- numbers and speed ---


def test_the_live_figures_have_the_numbers_of_the_package(reader):
    page = reader.open("index")
    for pos in (0, 1, 40, 127, 5000):
        ours = page.evaluate(f"posencNumbers.sinusoidal({pos}, 16)")
        theirs = functional.sinusoidal(torch.tensor(pos), 16, dtype=torch.float64)
        assert torch.allclose(torch.tensor(ours, dtype=torch.float64), theirs, atol=1e-9, rtol=0)
    x = [1.0, 0.5, 0.9, -0.3]
    for m in (-7, 0, 3, 40):
        ours = page.evaluate("([x, m]) => posencNumbers.rotate(x, m, 100)", [x, m])
        turned = functional.angles(
            torch.tensor([m]), functional.inverse_frequencies(4, 100, dtype=torch.float64)
        )
        theirs = functional.rotate_pairs(torch.tensor([x], dtype=torch.float64), turned)[0]
        assert torch.allclose(torch.tensor(ours, dtype=torch.float64), theirs, atol=1e-12, rtol=0)
    scores = page.evaluate("[[3, 5], [13, 15], [3, 13]].map(([m, n]) => score(m, n))")
    assert scores[0] == pytest.approx(scores[1], abs=1e-12)
    assert abs(scores[0] - scores[2]) > 0.1


@pytest.mark.parametrize(("window", "period"), [(2, 9), (4, 6), (16, 1), (5, 3)])
def test_the_pattern_of_layers_reaches_what_masks_let_through(reader, window, period):
    page = reader.open("gallery")
    ours = page.evaluate("([w, p]) => posencNumbers.reached(8, 48, w, p)", [window, period])
    back = torch.arange(48)[:, None] - torch.arange(48)  # (q, k)
    local, whole = (back >= 0) & (back < window), back >= 0
    seen = torch.zeros(48).bool()
    seen[-1] = True
    for layer, row in enumerate(ours, 1):  # from the last layer's question down
        mask = whole if layer % period == 0 else local
        seen = mask[seen].any(0)
        assert row == seen.tolist()


def test_speed(browser, site, capsys):
    """Printed: first paint at a quarter of the speed, a change of frame, a live figure's frame."""
    with shelf.Reader(browser, site) as reader:
        slow = reader.context.new_cdp_session(reader.page)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        paints = []
        for _ in range(5):
            reader.page.goto(f"{site}/lessons/{shelf.LESSONS[-1]}.html")
            reader.page.wait_for_function("performance.getEntriesByName('first-contentful-paint')[0]")
            paints.append(reader.page.evaluate(
                "performance.getEntriesByName('first-contentful-paint')[0].startTime"))  # fmt: skip
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        page = reader.open(f"lessons/{shelf.LESSONS[-1]}")
        explorers(page)
        change = page.evaluate("""() => { const box = document.querySelector(".posenc-explorer");
          const took = []; for (let i = 0; i < 50; i += 1) { const began = performance.now();
          box.dispatchEvent(new Event("input")); took.push(performance.now() - began); }
          return took.sort((a, b) => a - b)[25]; }""")
        page = reader.open("gallery")
        live = page.evaluate("""() => [...document.querySelectorAll(".posenc-hero")].map((box) => {
          const took = []; for (let i = 0; i < 50; i += 1) { const began = performance.now();
          box.posencDraw(true); took.push(performance.now() - began); }
          return took.sort((a, b) => a - b)[25]; })""")
    with capsys.disabled():
        print(f"\nfirst paint {sorted(paints)[2]:.0f} ms (4x slower, median of 5), "
              f"change of a frame {change:.2f} ms, live figures "
              f"{', '.join(f'{each:.2f}' for each in live)} ms")  # fmt: skip
    assert change < 16
    assert max(live) < 4
