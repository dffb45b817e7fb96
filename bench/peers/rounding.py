"""How far rounding alone takes two forms of the same training apart: why cml-epoch and neumf-epoch compare 32 batches of a long epoch.

    python bench/peers/rounding.py FOLDER [DRAWS]      (a folder that has train.tsv: user and item numbers)

PyTorch in float32, with its plain Adam and with its fused one, against PyTorch in float64, from the same start on the same items; no line
of ours takes part. Each draw is another start with other items. Printed are, worst over both Adams, the share of the entries of a table that
are more than `apart` off, and the largest difference as a share of the largest value: what the rows check, with what they allow.
"""

import runpy
import sys
from pathlib import Path

import _peer
import numpy as np
import torch

BATCH = 1024
ROWS = {
    "cml-epoch": {"negatives": 20, "apart": 1e-5, "allowed": (1e-3, 2e-2), "margin": 1.2, "clip": 1, "lossNegatives": "hardest", "l2": 0},
    "neumf-epoch": {"negatives": 4, "apart": 1e-4, "allowed": (5e-3, 3e-2), "dim": 32, "layers": 3, "l2": 1e-5},
}


def inputs_of(row, params, pairs, draw):
    pairs = pairs[torch.randperm(len(pairs), generator=draw)]
    users, items = (pairs.max(0).values + 1).tolist()
    drawn = {
        "userIds": pairs[:, 0].contiguous(),
        "positives": pairs[:, 1].contiguous(),
        "negatives": torch.randint(items, (len(pairs), params["negatives"]), generator=draw),
        "users": 0.1 * torch.randn(users, 64, generator=draw),
        "items": 0.1 * torch.randn(items, 64, generator=draw),
    }
    if row == "neumf-epoch":
        widths = [2 * params["dim"] // 2**layer for layer in range(params["layers"] + 1)]
        shapes = {**dict(enumerate(zip(widths[1:], widths), 1)), "Out": (1, params["dim"] + widths[-1])}
        for name, (outputs, size) in shapes.items():
            drawn[f"w{name}"] = torch.randn(outputs, size, generator=draw) / size**0.5
            drawn[f"b{name}"] = torch.zeros(outputs)
    return drawn


def trained(prepare, drawn, params, dtype):
    torch.set_default_dtype(dtype)
    cast = {name: value.to(dtype) if value.is_floating_point() else value for name, value in drawn.items()}
    _, result, first = prepare(cast, {"learningRate": 0.001, "batchSize": BATCH, **params})
    first()
    return {name: value.detach().double() for name, value in result().items() if name != "loss"}


def difference(rounded, exact, apart):
    off = {name: (rounded[name] - exact[name]).abs() for name in exact}
    share = max((off[name] > apart).double().mean().item() for name in ("users", "items"))
    return share, max((off[name].max() / exact[name].abs().max()).item() for name in exact)


def main():
    pairs = torch.from_numpy(np.loadtxt(Path(sys.argv[1]) / "train.tsv", dtype=np.int64, usecols=(0, 1), ndmin=2))
    prepares = []
    _peer.serve = prepares.append
    for row, params in ROWS.items():
        runpy.run_path(str(Path(__file__).with_name(f"{row}.py")))
        prepare = prepares.pop()
        print(f"{row}: allowed {params['allowed'][0]:.0e} more than {params['apart']:.0e} off, worst {params['allowed'][1]:.0e}")
        for draw in range(int(sys.argv[2]) if len(sys.argv) > 2 else 5):
            drawn = inputs_of(row, params, pairs, torch.Generator().manual_seed(draw))
            for batches in (32, -(-len(pairs) // BATCH)):
                given = {**params, "compared": min(len(pairs), batches * BATCH)}
                exact = trained(prepare, drawn, {**given, "fused": False}, torch.float64)
                both = [trained(prepare, drawn, {**given, "fused": fused}, torch.float32) for fused in (False, True)]
                share, worst = map(max, zip(*(difference(rounded, exact, params["apart"]) for rounded in both)))
                print(f"  draw {draw}, {batches:3} batches: {share:.1e} off, worst {worst:.1e}", flush=True)


main()
