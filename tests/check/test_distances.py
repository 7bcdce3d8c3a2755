"""What the checkers of notebook 06 say of right answers in another form, and of a missing clip."""

from lesson_06 import bucket, slopes, unclipped

from posenc import check


def test_what_is_right_in_another_form_passes_with_a_remark(capsys):
    assert check.t5_bucket(lambda distance: bucket(distance).double()).equivalent
    assert check.alibi_slopes(lambda n: slopes(n)[::-1]).equivalent
    _, order = capsys.readouterr().out.splitlines()
    assert order.startswith("≈ alibi_slopes: the right slopes in another order")


def test_what_is_said_of_a_missing_clip(capsys):
    check.shaw_scores(unclipped)
    clip = capsys.readouterr().out
    assert clip.startswith("✗ shaw_scores: a distance beyond the clip has no row of its own")
