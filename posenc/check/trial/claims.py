"""The claims on trial, each in its strongest form and in our own words.

A1 to A8 are those of the article that the course grew from
(http://www.kler.cn/a/539187.html, in Chinese), and A9 is about the class that it prints;
B1 to B16 are taught elsewhere.
"""

CLAIMS: dict[str, str] = {
    "A1": "If positions are numbered, the step from 1 to 2 equals the step from 6 to 7; "
    "cosine encodings avoid this.",
    "A2": "Numbering fails because the numbers are discrete.",
    "A3": "Because the encoding is periodic, it suits cyclic data and long-range dependencies, "
    "such as the one between the start and the end of a sentence.",
    "A4": "The encoding captures the relation between two positions at any distance.",
    "A5": "Self-attention assumes no order, so positional information must be added.",
    "A6": "Numbering makes the model learn an order of size that it does not need.",
    "A7": "Because the encoding is continuous, relative positions are easy to learn, "
    "also for sequences of different lengths.",
    "A8": "Different frequencies pull the position vectors apart.",
    "A9": "The usual class for the sinusoidal encoding, built with max_len=60, is ready to use.",
    "B1": "Sinusoidal encodings extrapolate to longer sequences.",
    "B2": "10\N{NO-BREAK SPACE}000 is the greatest length: positions 1 and "
    "10\N{NO-BREAK SPACE}001 share a position vector.",
    "B3": "The wavelengths run from 2π to 10\N{NO-BREAK SPACE}000 · 2π.",
    "B4": "Learned and sinusoidal encodings make no difference.",
    "B5": "The position vector of p + k is a linear function of that of p, so a head can easily "
    "attend by relative distance.",
    "B6": "Without positional encodings a model cannot know the order.",
    "B7": "RoPE makes attention decay with distance.",
    "B8": "RoPE extrapolates to longer sequences.",
    "B9": "Concatenating the position vector would be better than adding it.",
    "B10": "Adding the position vector destroys the token's embedding.",
    "B11": "The embedding must be multiplied by √d before the position vector is added.",
    "B12": "An encoding with all sines first and then all cosines is a bug.",
    "B13": "Restarting the positions isolates packed documents.",
    "B14": "Left padding breaks RoPE.",
    "B15": "A wrong encoding ruins the training, so one would notice.",
    "B16": "Self-attention is permutation-invariant.",
}
