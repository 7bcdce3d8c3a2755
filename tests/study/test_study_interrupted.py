"""Ctrl+C or the stop button in a study: one line, and what was finished is there the next time."""

import joblib
import pytest

from posenc import study
from posenc._bar import Interrupted
from posenc.study import _run
from posenc.training import Setting


@pytest.fixture
def pressed_after(monkeypatch):
    """Somebody stops the study once so many cells are finished."""
    whole = joblib.Parallel

    def stop(cells):
        class Stopped(whole):
            def __call__(self, tasks):
                for number, found in enumerate(super().__call__(tasks)):
                    if number == cells:
                        raise KeyboardInterrupt
                    yield found

        monkeypatch.setattr(joblib, "Parallel", Stopped)

    return stop


def run(out=None):
    return study.run(
        ["none", "learned", "rope"],
        ["back1"],
        seeds=1,
        lengths=(1,),
        out=out,
        setting=Setting(steps=2),
    )


def test_it_says_how_far_it_came_and_goes_on_there(pressed_after, monkeypatch, tmp_path):
    pressed_after(2)
    with pytest.raises(Interrupted) as caught:
        run(tmp_path / "results")
    words = f"Interrupted after 2 of 3 cells; what was finished is kept in {tmp_path / 'results'}; "
    assert str(caught.value) == words + "run it again to go on."
    assert caught.value._render_traceback_() == [str(caught.value)]
    monkeypatch.undo()
    trained = []
    work = _run.work
    monkeypatch.setattr(_run, "work", lambda *given: trained.append(given) or work(*given))
    assert len(run(tmp_path / "results")) == 3
    assert len(trained) == 1


def test_without_a_folder_it_begins_again(pressed_after):
    pressed_after(1)
    with pytest.raises(Interrupted, match="after 1 of 3 cells; run it again to start over"):
        run()
