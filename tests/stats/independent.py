#!/usr/bin/python3
"""Statistics of the C code against a computation that shares nothing with it: the statistics module of the standard library,
Student's t by numerical integration, Mann-Whitney by listing every permutation, fits by exact fractions and by search.
50 seeded sets with ties, outliers, unequal sizes and scales from nanoseconds to hours."""
import itertools
import json
import math
import random
import statistics
import subprocess
import sys
from fractions import Fraction

SETS = 50


def make_set(rng, index):
    def sample(count, scale):
        kind = index % 5
        if kind == 0:  # small whole numbers: ties
            return [float(rng.randint(1, 6)) for _ in range(count)]
        if kind == 1:
            return [scale * math.exp(rng.gauss(0, 0.03)) for _ in range(count)]
        if kind == 2:  # outliers
            return [scale * (1 + rng.random() * 0.01) * (3 if rng.random() < 0.2 else 1) for _ in range(count)]
        if kind == 3:
            return [scale * (1 + rng.expovariate(10)) for _ in range(count)]
        return [round(scale * 8 * (1 + 0.3 * rng.random())) / 8 + 1 for _ in range(count)]
    scale = 10 ** rng.uniform(-9, 4) if index % 5 else 1
    sizes = (2, 2) if index == 1 else (rng.randint(2, 9), rng.randint(2, 9))
    if index == 49:
        sizes = (40, 35)  # more than what is enumerated: the normal approximation
    a, b = sample(sizes[0], scale), sample(sizes[1], scale * rng.uniform(0.9, 1.2))
    ranks = sorted(rng.sample(range(1, 65), rng.randint(3, 8)))
    serial, coherence = rng.uniform(0, 0.2), rng.choice([0, 1e-3, 1e-2]) * rng.random()
    speedups = [n / (1 + serial * (n - 1) + coherence * n * (n - 1)) * math.exp(rng.gauss(0, 0.02)) for n in ranks]
    return {"a": a, "b": b, "ranks": ranks, "speedups": speedups}


def student_p(t, df):
    """The same integral from t on."""
    scale = 2 * math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    start, steps = math.atan(t / math.sqrt(df)), 4000
    h = (math.pi / 2 - start) / steps
    f = [math.cos(start + i * h) ** (df - 1) if df > 1 or i < steps else 1 for i in range(steps + 1)]
    return scale * h / 3 * (f[0] + f[-1] + 4 * sum(f[1:-1:2]) + 2 * sum(f[2:-1:2]))


def student_quantile(confidence, df):
    """Integrates the density over the angle (t = sqrt(df) tan x makes it cos^(df-1), smooth and finite) and bisects."""
    def area(top, steps=400):
        h = top / steps
        f = [math.cos(i * h) ** (df - 1) for i in range(steps + 1)]
        return h / 3 * (f[0] + f[-1] + 4 * sum(f[1:-1:2]) + 2 * sum(f[2:-1:2]))
    scale = 2 * math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    low, high = 0.0, math.pi / 2 - 1e-12
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if scale * area(middle) < confidence else (low, middle)
    return math.sqrt(df) * math.tan(low)


def error_of_median(values):
    """Squared standard error of the logarithm of the median, and its degrees of freedom."""
    logs, n = sorted(math.log(v) for v in values), len(values)
    if n < 5:
        return (math.pi / 2 if n > 2 else 1) * statistics.variance(logs) / n, n - 1
    cut = math.floor(n * 0.2 + 1e-9)
    middle = logs[cut:n - cut]
    winsorized = [min(max(v, middle[0]), middle[-1]) for v in logs]
    mean = statistics.fmean(winsorized)
    h = len(middle)
    return 1.4 * sum((v - mean) ** 2 for v in winsorized) / (h * (h - 1)), h - 1


def spread(value, variance, df):
    reach = student_quantile(0.95, df) * math.sqrt(variance) if variance else 0
    return [value, value / math.exp(reach), value * math.exp(reach)]


def welch(b, a):
    (x, m), (y, n) = error_of_median(b), error_of_median(a)
    return x + y, (x + y) ** 2 / (x ** 2 / m + y ** 2 / n) if x + y else 1


def ratio(b, a):
    value = statistics.median(b) / statistics.median(a)
    return spread(value, *welch(b, a))


def ratio_p(b, a):
    variance, df = welch(b, a)
    distance = abs(math.log(statistics.median(b) / statistics.median(a)))
    if variance == 0:
        return 1.0 if distance == 0 else 0.0
    return student_p(distance / math.sqrt(variance), df)


def wins(a, b):
    return sum((x > y) + Fraction(1, 2) * (x == y) for x in a for y in b)


def mann_whitney(a, b):
    """All ways to divide the pooled values; as extreme: U at least as far from its mean."""
    pooled, n = a + b, len(a)
    center = Fraction(len(a) * len(b), 2)
    seen = abs(wins(a, b) - center)
    score = [[(x > y) + Fraction(1, 2) * (x == y) for y in pooled] for x in pooled]
    total = [sum(row) for row in score]
    far = ways = 0
    for chosen in itertools.combinations(range(len(pooled)), n):
        inside = Fraction(n * n, 2)  # pairs within the chosen always sum up to this
        far += abs(sum(total[i] for i in chosen) - inside - center) >= seen
        ways += 1
    return far / ways


def mann_whitney_normal(a, b):
    n, m = len(a), len(b)
    ties = sum(k ** 3 - k for k in (sum(x == v for x in a + b) for v in set(a + b)))
    sigma = math.sqrt(n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1))))
    z = (abs(float(wins(a, b)) - n * m / 2) - 0.5) / sigma
    return 1 if z < 0 else 2 * (1 - statistics.NormalDist().cdf(z))


def cliff(a, b):
    return sum((y > x) - (y < x) for x in a for y in b) / (len(a) * len(b))


def least_squares_one(x, y):
    """The slope through 0, by golden-section search on the sum of squares in exact fractions of the data."""
    x, y = [Fraction(v) for v in x], [Fraction(v) for v in y]
    a, b, c = sum(v * v for v in x), sum(v * w for v, w in zip(x, y)), sum(v * v for v in y)
    def loss(slope):  # a s^2 - 2 b s + c
        return a * slope * slope - 2 * b * slope + c
    low, high = Fraction(-4), Fraction(4)
    for _ in range(110):
        left, right = low + (high - low) * 382 / 1000, low + (high - low) * 618 / 1000
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
        low, high = low.limit_denominator(2 ** 90), high.limit_denominator(2 ** 90)
    return float((low + high) / 2)


def usl(ranks, speedups):
    points = [(Fraction(n), (n / Fraction(s) - 1) / (n - 1)) for n, s in zip(ranks, speedups) if n > 1]
    n = len(points)
    sx, sz = sum(p[0] for p in points), sum(p[1] for p in points)
    sxx, sxz = sum(p[0] ** 2 for p in points), sum(p[0] * p[1] for p in points)
    k = (n * sxz - sx * sz) / (n * sxx - sx * sx)  # Cramer
    if k < 0:
        return float(sz / n), 0.0
    return float((sz * sxx - sx * sxz) / (n * sxx - sx * sx)), float(k)


def r_squared(speedups, predicted):
    mean = statistics.fmean(speedups)
    return 1 - sum((s - p) ** 2 for s, p in zip(speedups, predicted)) / sum((s - mean) ** 2 for s in speedups)


def laws(ranks, speedups):
    f = least_squares_one([1 - 1 / n for n in ranks], [1 / s - 1 / n for n, s in zip(ranks, speedups)])
    a = least_squares_one([n - 1 for n in ranks], [n - s for n, s in zip(ranks, speedups)])
    out = {"Amdahl": {"serial": f, "r_squared": r_squared(speedups, [1 / (f + (1 - f) / n) for n in ranks])},
           "Gustafson": {"serial": a, "r_squared": r_squared(speedups, [n - a * (n - 1) for n in ranks])}}
    if sum(n > 1 for n in ranks) >= 3:
        s, k = usl(ranks, speedups)
        curve = lambda n: n / (1 + s * (n - 1) + k * n * (n - 1))
        out["USL"] = {"serial": s, "coherence": k, "r_squared": r_squared(speedups, [curve(n) for n in ranks])}
        if k > 0:
            top = max((math.exp(i / 20000) for i in range(int(20000 * math.log(10 / math.sqrt(k))))), key=curve)
            out["USL"].update(peak_speedup=curve(top), trusted=top <= 4 * max(ranks))
    return out


def expected(data):
    a, b = data["a"], data["b"]
    many = len(a) + len(b) > 60
    out = {"mean": statistics.fmean(a), "variance": statistics.variance(a),
           "estimate": spread(statistics.median(a), *error_of_median(a)),
           "student": student_quantile(0.95, len(a) - 0.5), "ratio": ratio(b, a), "p_ratio": ratio_p(b, a),
           "p": mann_whitney_normal(a, b) if many else mann_whitney(a, b), "effect": cliff(a, b)}
    out.update(laws(data["ranks"], data["speedups"]))
    return out


def differences(want, got, place):
    if isinstance(want, dict):
        return [d for key in want for d in differences(want[key], got[key], f"{place}.{key}")]
    if isinstance(want, list):
        return [d for i, w in enumerate(want) for d in differences(w, got[i], f"{place}[{i}]")]
    if got is None or not math.isclose(want, got, rel_tol=1e-6, abs_tol=1e-12):
        return [f"{place}: {want} expected, {got} found"]
    return []


def main():
    rng = random.Random(20261123)
    sets = [make_set(rng, i) for i in range(SETS)]
    run = subprocess.run([sys.argv[1]], input=json.dumps(sets), capture_output=True, text=True, check=True)
    got = json.loads(run.stdout)
    wrong = [d for i, data in enumerate(sets) for d in differences(expected(data), got[i], f"set {i}")]
    for line in wrong[:20]:
        print(line)
    refused = sum(g["USL"]["refused"] for g in got)
    print(f"{len(got)} sets, {len(wrong)} differences, USL refused in {refused}")
    sys.exit(1 if wrong or len(got) != SETS else 0)


main()
