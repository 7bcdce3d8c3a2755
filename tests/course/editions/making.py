"""Editions made in tests, and what is in them."""

import nbformat

from posenc.course.editions import editions

NOTEBOOKS = ("ipynb", "colab")


def made(source, audience, form="ipynb"):
    content = editions.content(editions.Piece(source, audience, form))
    return nbformat.reads(content.decode(), as_version=4)


def texts(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def by_id(notebook, name):
    [cell] = [cell for cell in notebook.cells if cell.id == name]
    return cell
