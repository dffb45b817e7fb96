"""What every peer shares: arrays in files, one JSON document per line on stdin and stdout, the clock, Adam and the loop over batches.

A peer script ends with `serve(prepare)`, where `prepare(inputs, params)` gets the arrays as tensors and gives two
functions: `run()`, the timed work, and `result()`, the tensors that are compared; and, where our side has one, `first()`, done once
in place of the first run.
"""

import json
import os
import platform
import sys
import time
import traceback

import numpy as np
import torch

DTYPES = {"float32": np.dtype("<f4"), "int32": np.dtype("<i4")}


def read_tensors(folder):
    with open(os.path.join(folder, "header.json"), encoding="utf-8") as file:
        header = json.load(file)
    tensors = {}
    for name, entry in header.items():
        data = np.fromfile(os.path.join(folder, entry["file"]), dtype=DTYPES[entry["dtype"]])
        tensor = torch.from_numpy(data.reshape(entry["shape"]))
        tensors[name] = tensor.long() if entry["dtype"] == "int32" else tensor
    return tensors


def write_tensors(folder, tensors):
    os.makedirs(folder, exist_ok=True)
    header = {}
    for name, tensor in tensors.items():
        dtype = "float32" if tensor.is_floating_point() else "int32"
        data = tensor.detach().contiguous().numpy().astype(DTYPES[dtype])
        data.tofile(os.path.join(folder, f"{name}.bin"))
        header[name] = {"dtype": dtype, "shape": list(data.shape), "file": f"{name}.bin"}
    with open(os.path.join(folder, "header.json"), "w", encoding="utf-8") as file:
        json.dump(header, file)


def timed_runs(run, at_least_ms):
    times = []
    begin = time.perf_counter()
    while not times or (time.perf_counter() - begin) * 1000 < at_least_ms:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    return times


def make_adam(tables, params):
    """`fused` takes PyTorch's one-pass Adam."""
    return torch.optim.Adam(tables, lr=params["learningRate"], weight_decay=params["l2"], fused=params["fused"])


def train(optimizer, batches, loss_of):
    """One step for each batch, whose parts are passed to `loss_of`. Returns the sum of the losses."""
    total = 0.0
    for batch in batches:
        loss = loss_of(*batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total


def parts(size, batch):
    """The interactions of each batch, as an argument for `train`."""
    return [(slice(begin, min(begin + batch, size)),) for begin in range(0, size, batch)]


def answer(message, work, prepare):
    op = message["op"]
    if op == "prepare":
        torch.set_num_threads(message["threads"])
        work["run"], work["result"], *work["first"] = prepare(read_tensors(message["folder"]), message["params"])
        return {"versions": {"torch": torch.__version__, "python": platform.python_version()}}
    if op == "run":
        return {"ms": timed_runs(work["run"], message["atLeastMs"])}
    if op == "first":
        work["first"][0]()
        return {}
    if op == "result":
        write_tensors(message["folder"], work["result"]())
        return {}
    raise ValueError(f"unknown request {op!r}")


def serve(prepare):
    # Whatever a library prints goes to stderr: stdout belongs to the protocol.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    work = {}
    for line in sys.stdin:
        message = json.loads(line)
        if message["op"] == "quit":
            break
        try:
            reply = {"ok": True, **answer(message, work, prepare)}
        except Exception as error:
            traceback.print_exc()
            reply = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
