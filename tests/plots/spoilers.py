"""What could be drawn wrongly, done to a finished figure: a reader must notice each.

A spoiler changes the figure, or returns False where it has nothing to change.
"""

import numpy as np
import seen


def _lines(figure):
    return [line for ax in figure.axes for line in seen.in_data(ax) if len(line.get_xdata()) > 1]


def _move(figure, change):
    lines = _lines(figure)
    for line in lines:
        line.set_data(*map(np.asarray, change(*line.get_xydata().T)))
    return bool(lines)


def swapped(figure):
    """y against x instead of x against y."""
    return _move(figure, lambda x, y: (y, x))


def reversed_in_time(figure):
    """The values from the last to the first."""
    return _move(figure, lambda x, y: (x, y[::-1]) if len(set(y)) > 1 else (x[::-1] + 1, y))


def shifted(figure):
    """All of it a step to the right."""
    return _move(figure, lambda x, y: (x + 1, y))


def _images(figure, change):
    images = [image for ax in figure.axes for image in ax.images]
    for image in images:
        image.set_data(change(np.asarray(image.get_array())))
    return bool(images)


def transposed(figure):
    return _images(figure, np.transpose)


def upside_down(figure):
    return _images(figure, np.flipud)


def mirrored(figure):
    return _images(figure, np.fliplr)


def from_below(figure):
    """The image with its first row at the other end of the same axis."""
    for ax in figure.axes:
        for image in ax.images:
            left, right, bottom, top = image.get_extent()
            image.set_extent((left, right, top, bottom))
    return bool(figure.axes[0].images)


def _axes(figure):
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


def y_inverted(figure):
    _axes(figure)[0].invert_yaxis()


def x_inverted(figure):
    _axes(figure)[0].invert_xaxis()


def _ticks(figure, name, change):
    ax = _axes(figure)[0]
    axis = getattr(ax, name)
    if not ax.axison:
        return False
    words, places = zip(*[(w, p) for w, p in seen.labels(axis) if w], strict=True)
    axis.set_ticks(*change(np.array(places), list(words)))
    return True


def rows_named_one_on(figure):
    """Each word along the axis one tick further."""
    return _ticks(figure, "yaxis", lambda places, words: (places, [*words[1:], words[0]]))


def columns_named_one_on(figure):
    return _ticks(figure, "xaxis", lambda places, words: (places, [*words[1:], words[0]]))


def rows_ticked_aside(figure):
    return _ticks(figure, "yaxis", lambda places, words: (places + 1, words))


def columns_ticked_aside(figure):
    return _ticks(figure, "xaxis", lambda places, words: (places + 1, words))


def axes_named_crosswise(figure):
    done = False
    for ax in _axes(figure):
        x, y = ax.get_xlabel(), ax.get_ylabel()
        ax.set(xlabel=y, ylabel=x)
        done |= x != y
    return done


def _roll(artists):
    words = [artist.get_text() for artist in artists]
    for artist, word in zip(artists, [*words[1:], *words[:1]], strict=True):
        artist.set_text(word)
    return len(set(words)) > 1


def words_one_on(figure):
    """Each word in the axes where the next one stands."""
    return _roll([text for ax in figure.axes for text in ax.texts])


def legend_one_on(figure):
    return _roll([text for legend in figure.legends for text in legend.get_texts()])


def panels_one_on(figure):
    titles = [ax.title if ax.get_title() else ax._left_title for ax in _axes(figure)]
    return _roll(titles)


def words_moved(figure):
    """Words a step aside from what they are about."""
    texts = [text for ax in figure.axes for text in ax.texts]
    for text in texts:
        if hasattr(text, "xy"):
            text.xy = (text.xy[0] + 1, text.xy[1])
        text.set_x(text.get_position()[0] + 1)
        text.set_y(-1 - text.get_position()[1])
    return bool(texts)


def colours_one_on(figure):
    lines = _lines(figure)
    colors = [line.get_color() for line in lines]
    for line, color in zip(lines, [*colors[1:], *colors[:1]], strict=True):
        line.set_color(color)
    return len(set(colors)) > 1


def grounds_one_on(figure):
    patches = [patch for ax in figure.axes for patch in ax.patches if not ax.lines]
    colors = [patch.get_facecolor() for patch in patches]
    for patch, color in zip(patches, [*colors[1:], *colors[:1]], strict=True):
        patch.set_facecolor(color)
    return len(set(colors)) > 1 and bool(figure.axes[0].axison)


def bands_moved(figure):
    bands = [band for ax in _axes(figure) for band in ax.collections if not ax.images]
    for band in bands:
        for path in band.get_paths():
            path.vertices[:, 1] += 0.01
    return bool(bands)


def one_scale_each(figure):
    """The last of several maps in colours of its own."""
    images = [image for ax in figure.axes for image in ax.images]
    if not images:
        return False
    first, last = images[0].get_clim()
    image = images[-1]
    image.colorbar = None
    image._colorizer = type(image._colorizer)(image.cmap)
    image.set_clim(2 * first - last, last)
    return True


def dark_for_light(figure):
    """Colours that the bar does not have."""
    for ax in figure.axes:
        for image in ax.images:
            image._colorizer = type(image._colorizer)(image.cmap.reversed(), image.norm)
    return bool(figure.axes[0].images)


SPOILERS = {
    name: thing
    for name, thing in list(globals().items())
    if callable(thing) and not name.startswith("_") and getattr(thing, "__module__", "") == __name__
}
