"""The claims on trial, each in its strongest form and in our own words.

A1 to A9 are those of the article that the course grew from
(http://www.kler.cn/a/539187.html, in Chinese); B1 to B16 are taught elsewhere in earnest.
"""

CLAIMS: dict[str, str] = {
    "A1": "Numbering makes the step from 1 to 2 equal the step from 6 to 7; "
    "cosine codes avoid this.",
    "A2": "Numbering fails because the numbers are discrete.",
    "A3": "Because the code is periodic it suits cyclic data and long-range ties, "
    "such as the start and the end of a sentence.",
    "A4": "The code captures relations however far apart two positions are.",
    "A5": "Self-attention assumes no order, so positions must be put in.",
    "A6": "Numbering makes the model learn a size order that it does not need.",
    "A7": "Because the code is continuous, relative positions are easy to learn, "
    "for other lengths too.",
    "A8": "Different frequencies pull the positions apart.",
    "A9": "The usual module, with max_len=60, is ready to use.",
    "B1": "Sinusoidal codes extrapolate to longer texts.",
    "B2": "10 000 is the greatest length: positions 1 and 10 001 get one code.",
    "B3": "The wavelengths run from 2π to 10 000 · 2π.",
    "B4": "Learned or sinusoidal makes no difference.",
    "B5": "The code of p + k is linear in the code of p, so attending by offset is easy.",
    "B6": "Without positional encodings a model cannot know the order.",
    "B7": "RoPE makes attention decay with distance.",
    "B8": "RoPE extrapolates to longer texts.",
    "B9": "Concatenating the code would be better than adding it.",
    "B10": "Adding the code destroys the word.",
    "B11": "The embedding must be multiplied by √d before the code is added.",
    "B12": "All sines first and then all cosines is a bug.",
    "B13": "Restarting the positions isolates packed documents.",
    "B14": "Left padding breaks RoPE.",
    "B15": "A wrong encoding ruins the training, so one would notice.",
    "B16": "Self-attention is permutation-invariant.",
}
