"""A learner beside a course of one lesson."""

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from posenc.course.learner import copies

NAME = "01_tiny.ipynb"


class Course:
    """A course of one lesson and a learner beside it."""

    def __init__(self, root):
        self.root, self.work = root, root / "work"
        (root / "notebooks").mkdir()
        self.publish("1 + 1")

    def publish(self, source, name=NAME):
        """Store a lesson with an output, as the builder does."""
        output = new_output("stream", text="2")
        cell = new_code_cell(source, id="a", execution_count=1, outputs=[output])
        lesson = new_notebook(cells=[cell], metadata={"posenc": {"lesson": name[:-6]}})
        nbformat.write(lesson, self.root / "notebooks" / name)

    def lab(self):
        """What `make lab` does before JupyterLab starts; the lines it prints."""
        return copies.update(self.root, self.work)

    def opened(self, source=None, name=NAME, output="2"):
        """What JupyterLab writes when the lesson is run, with a cell changed where one is given."""
        notebook = nbformat.read(self.work / name, as_version=4)
        notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
        notebook.metadata["language_info"] = {"name": "python", "version": "3.99"}
        cell = notebook.cells[0]
        cell.source = cell.source if source is None else source
        cell.execution_count, cell.metadata["trusted"] = 7, True
        cell.outputs = [new_output("stream", text=output)]
        nbformat.write(notebook, self.work / name)

    def kept(self):
        folder = self.work / copies.KEPT
        return {path.name: path.read_text() for path in folder.iterdir()} if folder.exists() else {}

    def lesson(self, name=NAME):
        return self.root / "notebooks" / name

    def learner_writes(self, text, name=NAME):
        (self.work / name).write_text(text)

    def source(self, name=NAME):
        return nbformat.read(self.work / name, as_version=4).cells[0].source

    def files(self):
        return {
            path.name: path.read_text() if path.is_file() else None
            for path in self.work.iterdir()
            if path.name != ".posenc"
        }
