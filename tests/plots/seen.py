"""What a reader sees in a figure: where things stand on the page, and the words beside them.

Nothing here trusts the order of drawing, the limits or the extents: places come from the
transforms of what was drawn, and names from the words or the style that stand at that place.
"""

import math

import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex, to_rgba
from matplotlib.contour import ContourSet


def short(value):
    """A number without its last bits; of arrays and lists, all of them, as lists."""
    if np.ndim(value):
        return [short(part) for part in value]
    return round(float(value), 7) + 0.0


def style(artist):
    """Colour, dash and marker: by these a reader finds the line to a name."""
    dash = "none" if artist.get_linestyle() == "None" else artist._unscaled_dash_pattern
    return to_hex(artist.get_color()), str(dash), str(artist.get_marker())


def points(line):
    """Where a line goes, in numbers of the axes, whatever it was drawn in."""
    place = line.get_transform().transform(line.get_xydata())
    return short(line.axes.transData.inverted().transform(place))


def on_page(ax, x, y):
    """A place in pixels, from the left and from below."""
    return ax.transData.transform((x, y))


def frame(ax):
    """The words around the axes, and which way these grow."""
    (left, low), (right, high) = on_page(ax, 0.5, 0.5), on_page(ax, 1, 1)
    return {
        "title": (ax.get_title(loc="left") or ax.get_title()).replace("\n", " "),
        "x": ax.get_xlabel(),
        "y": ax.get_ylabel(),
        "grow": ("right" if right > left else "left", "up" if high > low else "down"),
    }


def honest(axis):
    """Whether each number along an axis is the place at which it stands."""
    said = [(text, place) for text, place in labels(axis) if text]
    assert len(said) > 1, "an axis without numbers"
    return all(abs(number(text) - place) <= 1e-3 * max(1, abs(place)) for text, place in said)


def labels(axis):
    """Words and their places along an axis."""
    places = axis.get_majorticklocs()
    words = [text.get_text() for text in axis.get_majorticklabels()]
    return list(zip(words, map(float, places), strict=True))


def number(text):
    """What a tick says: "−0.5", "25 %"."""
    text = text.replace("\N{MINUS SIGN}", "-").replace(" ", "")
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


# --- lines --------------------------------------------------------------------


def in_data(ax):
    """The lines that show data: not those laid across the axes or beside them."""
    return [line for line in ax.lines if line.get_transform() is ax.transData]


def across(ax):
    """The levels that go from end to end of the axes, those of x and those of y, with styles."""
    xs = [(short(line.get_xdata()[0]), style(line)) for line in ax.lines
          if line.get_transform() == ax.get_xaxis_transform(which="grid")]  # fmt: skip
    ys = [(short(line.get_ydata()[0]), style(line)) for line in ax.lines
          if line.get_transform() == ax.get_yaxis_transform(which="grid")]  # fmt: skip
    return {"x": xs, "y": ys}


def swatches(ax):
    """{name: style} of the names at the ends of lines, by the bit of line at the same height."""
    beside = [line for line in ax.lines if line.get_transform() is ax.transAxes]
    by_height = {short(line.get_ydata()[0]): style(line) for line in beside}
    names = [text for text in ax.texts if text.get_transform() is ax.transAxes]
    assert len(names) == len(by_height)
    return {text.get_text(): by_height[short(text.get_position()[1])] for text in names}


def named_at(ax):
    """{name: the value of y at the height at which it is written}."""
    to_data = ax.transAxes + ax.transData.inverted()
    names = [text for text in ax.texts if text.get_transform() is ax.transAxes]
    return {text.get_text(): to_data.transform(text.get_position())[1] for text in names}


def curves(ax):
    """{name: points}, the name found by its style."""
    drawn = {style(line): points(line) for line in in_data(ax)}
    found = {name: drawn.pop(kind) for name, kind in swatches(ax).items() if kind in drawn}
    assert not drawn, "a line without a name"
    return found


def bands(ax):
    """{name: (x, least, greatest) at each point}, the name found by the colour."""
    by_color = {kind[0]: name for name, kind in swatches(ax).items()}
    found = {}
    for band in ax.collections:
        corners = band.get_paths()[0].vertices
        rows = [
            (x, *(f(corners[corners[:, 0] == x, 1]) for f in (min, max)))
            for x in np.unique(corners[:, 0])
        ]
        found[by_color[to_hex(band.get_facecolor()[0])]] = short(rows)
    return found


def by_legend(figure):
    """{name: points} of the lines that a legend names by their style."""
    [ax], [legend] = figure.axes, figure.legends
    drawn = {style(line): points(line) for line in in_data(ax)}
    handles = map(style, legend.get_lines())
    names = [text.get_text() for text in legend.get_texts()]
    found = {name: drawn.pop(kind) for name, kind in zip(names, handles, strict=True)}
    assert not drawn, "a line without a name"
    return found


# --- maps ---------------------------------------------------------------------


def cells(ax):
    """The values of an image as they lie on the page, rows from the top, columns from the left."""
    [image] = ax.images
    values = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    first, last = (top, bottom) if image.origin == "upper" else (bottom, top)
    xs, ys = _middles(left, right, values.shape[1]), _middles(first, last, values.shape[0])
    columns = np.argsort([on_page(ax, x, 0)[0] for x in xs])
    rows = np.argsort([-on_page(ax, 0, y)[1] for y in ys])
    return short(values[np.ix_(rows, columns)]), xs[columns], ys[rows]


def _middles(begin, end, n):
    return begin + (np.arange(n) + 0.5) * (end - begin) / n


def panel(ax):
    """A map: its values on the page, and the words beside its rows and columns."""
    values, xs, ys = cells(ax)
    return {
        **frame(ax),
        "values": values,
        "columns": beside(labels(ax.xaxis), xs),
        "rows": beside(labels(ax.yaxis), ys),
        "written": written(ax, xs, ys),
    }


def beside(words, places):
    """{which row or column on the page: the word at its middle}."""
    places = short(places)
    return {places.index(short(place)): word for word, place in words}


def written(ax, xs, ys):
    """{(row, column): the word written in that cell}, counted on the page."""
    xs, ys = short(xs), short(ys)
    spots = [(text, *map(short, text.get_position())) for text in ax.texts]
    for text, x, y in spots:
        [image] = ax.images
        ground = image.to_rgba(float(image.get_array()[round(y), round(x)]))
        assert abs(light(ground) - light(to_rgba(text.get_color()))) > 0.35, "cannot be read"
    return {(ys.index(y), xs.index(x)): text.get_text() for text, x, y in spots}


def light(color):
    """How light a colour is in grey print, 0 to 1."""
    return np.asarray(color)[..., :3] @ (0.2126, 0.7152, 0.0722)


def bar(figure):
    """The colour bar: its word, its ends, and how far any map's colour is from what it says."""
    [ax] = [ax for ax in figure.axes if ax.get_label() == "<colorbar>"]
    assert honest(ax.yaxis)
    assert frame(ax)["grow"][1] == "up"
    [strips] = [part for part in ax.collections if isinstance(part, QuadMesh)]
    edges = strips.get_coordinates()[:, 0, 1]
    colors = strips.to_rgba(strips.get_array()).reshape(-1, 4)
    heights = (edges[1:] + edges[:-1]) / 2
    off = 0.0
    for image in (image for other in figure.axes for image in other.images):
        values = np.asarray(image.get_array()).ravel()
        nearest = np.abs(values[:, None] - heights).argmin(1)
        off = max(off, float(np.abs(image.to_rgba(values) - colors[nearest]).max()))
    steps = light(colors)
    return {
        "word": ax.get_ylabel(),
        "from": short(ax.get_ylim()[0]),
        "to": short(ax.get_ylim()[1]),
        "is the maps'": off < 0.03,
        "grows lighter": bool((np.diff(steps) > -0.005).all() and steps[-1] - steps[0] > 0.5),
    }


def zeros(ax):
    """The values of the map, between its cells, along the line that is drawn at 0."""
    [lines] = [part for part in ax.collections if isinstance(part, ContourSet)]
    assert list(lines.levels) == [0]
    values = np.asarray(ax.images[0].get_array())
    return [_between(values, x, y) for path in lines.get_paths() for x, y in path.vertices]


def _between(values, x, y):
    """The value at a place between the middles of cells: straight from one to the next."""
    i, j = (min(math.floor(part), n - 2) for part, n in zip((y, x), values.shape, strict=True))
    down, right = y - i, x - j
    top = values[i, j] * (1 - right) + values[i, j + 1] * right
    low = values[i + 1, j] * (1 - right) + values[i + 1, j + 1] * right
    return top * (1 - down) + low * down
