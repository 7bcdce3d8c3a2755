"""posenc.functional in loops, and the kernel of posenc.analysis."""

import math


def inverse_frequencies(dim, base=10_000.0):
    return [1 / base ** (2 * i / dim) for i in range(dim // 2)]


def angles(pos, inv_freq):
    return [[p * speed for speed in inv_freq] for p in pos]


def sinusoidal(p, dim, base=10_000.0):
    """The code of one position."""
    code = []
    for speed in inverse_frequencies(dim, base):
        code.append(math.sin(p * speed))
        code.append(math.cos(p * speed))
    return code


def shift_matrix(k, dim, base=10_000.0):
    """From sin(a + b) = cos b sin a + sin b cos a and cos(a + b) = cos b cos a - sin b sin a."""
    matrix = [[0.0] * dim for _ in range(dim)]
    for i, speed in enumerate(inverse_frequencies(dim, base)):
        sine, cosine = 2 * i, 2 * i + 1
        matrix[sine][sine] = math.cos(speed * k)
        matrix[sine][cosine] = math.sin(speed * k)
        matrix[cosine][sine] = -math.sin(speed * k)
        matrix[cosine][cosine] = math.cos(speed * k)
    return matrix


def distance(q_pos, k_pos):
    return [[q - k for k in k_pos] for q in q_pos]


def kernel(k, dim, base=10_000.0):
    speeds = inverse_frequencies(dim, base)
    return sum(math.cos(speed * k) for speed in speeds) / len(speeds)


def alibi_slopes(n_heads):
    """The published ones: powers of two, then every second slope of the next power."""
    power = 1
    while power * 2 <= n_heads:
        power *= 2
    slopes = [2 ** (-8 * (h + 1) / power) for h in range(power)]
    between = [2 ** (-8 * (h + 1) / (2 * power)) for h in range(0, 2 * power, 2)]
    return (slopes + between)[:n_heads]


def t5_bucket(far, n_buckets=32, max_distance=128, causal=True):
    """far = query minus key. Written as the paper's code has it, with exact logarithms."""
    offset = 0
    if not causal:
        n_buckets //= 2
        offset = n_buckets if far < 0 else 0
        far = abs(far)
    far = max(far, 0)
    exact = n_buckets // 2
    if far < exact:
        return offset + math.floor(far)
    share = math.log(far / exact) / math.log(max_distance / exact)
    # the small number keeps exact powers from falling into the bucket below
    return offset + min(exact + int(share * (n_buckets - exact) + 1e-9), n_buckets - 1)


def turn(pair, theta):
    a, b = pair
    return (a * math.cos(theta) - b * math.sin(theta), a * math.sin(theta) + b * math.cos(theta))


def rotate_pairs(vector, thetas):
    out = list(vector)
    for i, theta in enumerate(thetas):
        out[2 * i], out[2 * i + 1] = turn((vector[2 * i], vector[2 * i + 1]), theta)
    return out


def rotate_halves(vector, thetas):
    out, m = list(vector), len(thetas)
    for i, theta in enumerate(thetas):
        out[i], out[i + m] = turn((vector[i], vector[i + m]), theta)
    return out


def mrope_angles(place, speeds, sections, interleaved=False):
    """The angles of one token, whose place has a number for each axis.

    Written as the models have it: pair after pair, asking each time whose turn it is.
    """
    left, axis, out = list(sections), 0, []
    for pair, speed in enumerate(speeds):
        if interleaved:
            axis = pair % len(sections)
            axis = axis if left[axis] and axis else 0  # an axis that has its pairs passes
        else:
            while not left[axis]:
                axis += 1
        left[axis] -= 1
        out.append(place[axis] * speed)
    return out


def scaled_frequencies(dim, base, method, factor, length, **options):
    """Options by the names of the papers' code: ``beta_fast``, …; a length where one is needed."""
    fast, slow = options.get("beta_fast", 32), options.get("beta_slow", 1)
    low_freq, high_freq = options.get("low_freq_factor", 1), options.get("high_freq_factor", 4)
    speeds = inverse_frequencies(dim, base)
    if method == "linear":
        return [speed / factor for speed in speeds]
    if method == "ntk":
        return inverse_frequencies(dim, base * factor ** (dim / (dim - 2)))
    scaled = []
    for i, speed in enumerate(speeds):
        wavelength = 2 * math.pi / speed
        if method == "llama3":
            if wavelength < length / high_freq:
                kept = 1.0
            elif wavelength > length / low_freq:
                kept = 0.0
            else:
                kept = (length / wavelength - low_freq) / (high_freq - low_freq)
        else:
            low = dim * math.log(length / (fast * 2 * math.pi)) / (2 * math.log(base))
            high = dim * math.log(length / (slow * 2 * math.pi)) / (2 * math.log(base))
            low, high = max(math.floor(low), 0), min(math.ceil(high), dim - 1)
            kept = 1 - min(max((i - low) / max(high - low, 0.001), 0.0), 1.0)
        scaled.append(kept * speed + (1 - kept) * speed / factor)
    return scaled


# --- what networks are made of --------------------------------------------------------------


def linear(row, weight, bias=None):
    out = [sum(w * x for w, x in zip(line, row, strict=True)) for line in weight]
    return out if bias is None else [a + b for a, b in zip(out, bias, strict=True)]
