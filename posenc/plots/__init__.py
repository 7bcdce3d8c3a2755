"""Arrays in, pictures out: the only place in the course that draws.

Every function takes tensors, arrays or lists and returns a :class:`Picture`: the figure
and one sentence of text alternative. Its text form states axes, names and a hash of the
data, so that a stored notebook notices a changed figure::

    Picture(figure, alt, facts=None)      .png  .save(path)  .alt  repr() is the text form
    style_of(name) -> {"color", "linestyle", "marker"}     one style a name, course-wide
    label_of(name)                                          what readers see for it

    lines({name: y}, x=None, *, xlabel, ylabel, title, logx, logy, percent, chance,
          trained_to, levels, marks, ylim, size, trained, alt)
                                          y: (n,) or (seeds, n); at most four curves
    dots({name: values} or {panel: {name: values}}, *, xlabel, percent, chance, one_scale,
         title, trained=True, alt)        many encodings: a row each, a dot a seed
    heatmap(matrix, *, xlabel, ylabel, title, label, signed, x, y, values, words, chance,
            best, trained_to, zero_line, size, trained, alt)
                                          rows (queries) go down, columns (keys) across
    heatmaps({name: matrix}, *, own_scales, …)    up to four, by the rule with one scale
    attention(weights, tokens=None, *, title, names, trained_to, alt)    (h, n, n) or (n, n)
    path({name: points}, *, xlabel, ylabel, title, labels, join, arrows, limits, size,
         trained, alt)                    (n, 2)
    clock_hands(pos, dim, base=10_000.0, *, n_hands=6, odometer=None, title, alt)
    dials(pairs, *, xlabel, ylabel, x, y, title, missing, trained, alt)   (rows, columns, 2)
    odometer(pos, digits=6, base=10, *, title, alt)
    kernel(dim, base=10_000.0, *, max_offset=64, title, alt)
    tick_table({row: {column: mark}}, *, groups, title, alt)    mark: True, False, short text
    grouped(number)                       as figures have it: 10 000

An explorer draws with ``picture.img(layout)`` and one ``Layout()`` of its own, which leaves the
axes where they were in the picture before, as long as their words fit.

``trained`` says whether the numbers differ between machines. ``None`` (the rule) reads it
from the data: float64 and integers are computed and compared, float32 and smaller are
trained and are not. Say ``trained=True`` for trained numbers kept as Python floats.
``trained_to`` draws a line at the training length where a figure goes beyond it.
``size`` is "small" (4.8 × 3.2 inches), "wide" (7.2 × 3.2) or "tall" (7.2 × 5.4).
"""

from posenc.plots._attention import attention
from posenc.plots._clock import clock_hands, odometer
from posenc.plots._data import grouped
from posenc.plots._dials import dials
from posenc.plots._dots import dots
from posenc.plots._kernel import kernel
from posenc.plots._layout import Layout
from posenc.plots._lines import lines
from posenc.plots._maps import heatmap, heatmaps
from posenc.plots._paths import path
from posenc.plots._picture import Picture
from posenc.plots._style import label_of, style_of
from posenc.plots._table import tick_table

__all__ = [
    "Layout",
    "Picture",
    "attention",
    "clock_hands",
    "dials",
    "dots",
    "grouped",
    "heatmap",
    "heatmaps",
    "kernel",
    "label_of",
    "lines",
    "odometer",
    "path",
    "style_of",
    "tick_table",
]
