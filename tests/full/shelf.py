"""The web book in a real browser: built once, served from a subfolder of a local server."""

import functools
import http.server
import os
import threading
from contextlib import contextmanager
from pathlib import Path

from real import ROOT

from posenc.course import __main__ as command_line
from posenc.course import places

# Lessons whose explorers move and whose pages are visited: all, or those that CI names.
NAMED = os.environ.get("POSENC_BOOK_LESSONS", "").split()
LESSONS = [source.stem for source in places.choose(places.sources(ROOT), NAMED)]
PLACE = "a folder/über"  # of the site, below which the book lies
OTHERS = ["index", "open", "questions", "glossary", "ledger", "gallery", "teaching", "changelog",
          "search", "genindex", "api/index", "api/functional", "api/encodings"]  # fmt: skip
READY = """async () => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  await new Promise((done) => setTimeout(done, 50));
}"""


def made(folder):
    """The book, built by its command; or one that is there, which POSENC_BOOK names."""
    if "POSENC_BOOK" in os.environ:
        return Path(os.environ["POSENC_BOOK"])
    out = folder / "book"
    frames = ["--frames", *NAMED] if NAMED else []
    assert command_line.main(["book", "--out", str(out), *frames]) == 0
    return out


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextmanager
def served(book, folder):
    """The address of a book in a subfolder of a server on this machine."""
    place = folder / PLACE
    place.parent.mkdir(parents=True)
    place.symlink_to(book, target_is_directory=True)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{PLACE.replace(' ', '%20')}"
        server.shutdown()


class Reader:
    """A page of a browser that notes what goes wrong on it, and what it asks for elsewhere."""

    def __init__(self, browser, base, **how):
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **how})
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.base, self.wrong = base, []
        self.page.on("pageerror", lambda error: self.wrong.append(f"raised: {error}"))
        self.page.on("request", self._asked)

    def _asked(self, request):
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.wrong.append(f"asked for {request.url}")

    def open(self, name, place=""):
        self.page.goto(f"{self.base}/{name}.html{place}")
        self.page.evaluate(READY)
        return self.page

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.context.close()
