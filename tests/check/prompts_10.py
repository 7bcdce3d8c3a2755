"""Answers to `prompt_positions` of notebook 10: right ones in other forms, and wrong ones."""

import torch


def laid_out(parts):
    found, begin = [], 0
    for part in parts:
        if isinstance(part, int):
            block = torch.arange(part)[:, None].expand(-1, 3)
        else:
            block = torch.cartesian_prod(*map(torch.arange, part))
        found.append(begin + block)
        begin = int(found[-1].max()) + 1
    return torch.cat(found)


def looped(parts):
    rows, p = [], 0
    for part in parts:
        if isinstance(part, int):
            rows += [(p + i,) * 3 for i in range(part)]
            p += part
            continue
        frames, height, width = part
        rows += [(p + t, p + h, p + w)
                 for t in range(frames) for h in range(height) for w in range(width)]  # fmt: skip
        p += max(part)
    return torch.tensor(rows)


def meshed(parts):
    found, p = torch.zeros(0, 3, dtype=torch.float64), 0
    for part in parts:
        axes = [torch.arange(n) for n in ((part,) if isinstance(part, int) else part)]
        block = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(axes))
        found = torch.cat((found, p + block.expand(-1, 3)))
        p = found.max() + 1
    return found


def emptied(parts):
    """What it takes from the list is missing nowhere else."""
    found, p = [], 0
    while parts:
        found.append(p + laid_out([parts.pop(0)]))
        p = int(found[-1].max()) + 1
    return torch.cat(found).int()


PROMPTS = [looped, meshed, emptied]


def changed(parts, token, axis):
    found = laid_out(parts).clone()
    found[token, axis] += 7
    return found


def first_image(parts):
    """The index of the first token of an image, or of all."""
    return parts[0] if isinstance(parts[0], int) and len(parts) > 1 else 0


def swapped_in_images(parts):
    """Rows and columns of the sizes are exchanged: the grid is another one."""
    return laid_out([p if isinstance(p, int) else (p[0], p[2], p[1]) for p in parts])


PROMPTS_TOLD = {
    "columns for rows": ("inside-image", "Add frame, row and column", swapped_in_images),
    "a text that ends later": ("text", "the same position three times",
        lambda parts: changed(parts, -1, 0)),
    "the first token": ("text", "token 0 gets (7, 0, 0)", lambda parts: changed(parts, 0, 0)),
    "begins too late": ("image-start", "where the text before it ends",
        lambda parts: changed(parts, first_image(parts), 0)),
    "frames are added up": ("after-image", "the largest position so far",
        lambda parts: torch.cat([sum(p if isinstance(p, int) else sum(p) for p in parts[:i])
            + laid_out([part]) for i, part in enumerate(parts)])),
    "one axis": ("shape", "time, height and width", lambda parts: laid_out(parts)[:, 0]),
    "axes first": ("shape", "(n, 3), not (3, n)", lambda parts: laid_out(parts).T),
    "a batch": ("shape", "an axis too many", lambda parts: laid_out(parts)[None]),
    "parts": ("shape", "one row per token",
        lambda parts: torch.stack([laid_out([p])[0] for p in parts])),
    "a list": ("not-a-tensor", "Join them with torch.cat",
        lambda parts: [laid_out([p]) for p in parts]),
    "rows of numbers": ("not-a-tensor", "returned a list", lambda parts: laid_out(parts).tolist()),
    "None": ("not-a-tensor", "returned None", lambda parts: None),
    "three at most": ("one-size", "Take all sizes from the arguments",
        lambda parts: laid_out(parts) + torch.zeros(11, 3)),
}  # fmt: skip
