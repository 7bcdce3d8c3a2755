"""Does an encoding's table end? Asked on the CPU: in a GPU's kernel the question is fatal."""

import torch

from posenc.base import PositionalEncoding
from posenc.study._plan import Cell


def ends_at(cell: Cell, n: int) -> str:
    """Return how a cell's encoding refuses n positions but not the trained length, or "".

    A refusal is a ``ValueError`` or an ``IndexError``; anything else is a fault in the code.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        encoding = cell.cls(cell.dims, **cell.options).eval()
        late = _refusal(encoding, n)
        return late if late and not _refusal(encoding, cell.setting.length) else ""


def _refusal(encoding: PositionalEncoding, n: int) -> str:
    dims, pos = encoding.dims, torch.arange(n)
    heads = torch.zeros(1, dims.n_heads, n, dims.d_head)  # (1, h, n, dh)
    ends = torch.tensor([0, n - 1])  # two queries meet every distance
    try:
        encoding.embed(torch.zeros(1, n, dims.d_model), pos)
        encoding.rotate(heads, heads, pos, pos)
        encoding.bias(heads[:, :, ends], heads, ends, pos)
    except ValueError as error:
        return str(error).partition("\n")[0][:120] or "ValueError"
    except IndexError as error:
        return f"IndexError: {error}".partition("\n")[0][:120]
    except Exception:  # a fault, which the model tells where it is asked
        pass
    return ""
