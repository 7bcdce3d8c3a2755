"""An answer is judged on one thread, so that a busy machine uses up none of its time."""

import torch

from posenc.check.engine.verdict import judge


def test_an_answer_has_one_thread_and_the_page_its_own(capsys):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        seen = judge("task", torch.get_num_threads, lambda answer: f"{answer()} thread")
        assert (seen.message, torch.get_num_threads()) == ("1 thread", 2)
    finally:
        torch.set_num_threads(before)
