"""One epoch of bidirectional distillation between two matrix factorisations, and a tenth of what is done every `update` epochs.

Triples and the items that are learned from each other are given, so that both sides train on the same ones; the draws made here
cost what they cost and are then dropped. One in `update` users is ranked in each run of a whole epoch.

`adam`: `plain`, `fused` (PyTorch's one-pass Adam) or `sparse` (SparseAdam on sparse gradients).
`draws`: `batch` keeps the weights as user x item matrices and draws from the rows of each batch; `epoch` keeps them, too, and draws
for all users at once in every epoch; `period` draws what all epochs of a period need when the ranks are looked at, and forgets the
weights. `share`: 1 / share of an epoch is trained, and of what an epoch does of the look at the ranks.
"""

import torch
import torch.nn.functional as F
from _peer import serve

ROLES = ("teacher", "student")
# Users that are drawn for at a time.
BLOCK = 512


def make_optimizer(tables, params):
    if params["adam"] == "sparse":
        return torch.optim.SparseAdam(tables, lr=params["learningRate"], eps=params["adamEpsilon"])
    return torch.optim.Adam(tables, lr=params["learningRate"], fused=params["adam"] == "fused")


def ranks_of(scores):
    """1 = best."""
    order = scores.argsort(dim=1, descending=True)
    places = torch.arange(1, scores.shape[1] + 1).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places).float()


def prepare(inputs, params):
    users, positives, negatives = inputs["userIds"], inputs["positives"], inputs["negatives"].flatten()
    drawn = [inputs["drawnForTeacher"], inputs["drawnForStudent"]]
    tables = [
        [inputs[f"{role}.{side}"].clone().requires_grad_() for side in ("users", "items")] for role in ROLES
    ]
    optimizers = [make_optimizer(pair, params) for pair in tables]
    lambdas = [params["teacherLambda"], params["studentLambda"]]
    # That of the model whose scores are the targets.
    temperatures = [params["studentTemperature"], params["teacherTemperature"]]
    batch, sparse, update = params["batchSize"], params["adam"] == "sparse", params["update"]
    looks = update * params["share"]
    indptr, indices = inputs["trainIndptr"], inputs["trainItems"]
    degrees = indptr[1:] - indptr[:-1]
    count, items = len(degrees), len(tables[0][1])
    owners = torch.repeat_interleave(torch.arange(count), degrees)
    active = torch.nonzero(degrees).flatten()
    parts = [part[degrees[part] > 0] for part in (torch.arange(first, count, looks) for first in range(looks))]
    keeps = params["draws"] != "period"
    kept = [torch.zeros(count, items) for _ in ROLES] if keeps else None
    last = {}

    @torch.no_grad()
    def weights_of(part):
        teacher, student = [F.embedding(part, pair[0]) @ pair[1].T for pair in tables]
        row_of = torch.full((count,), -1)
        row_of[part] = torch.arange(len(part))
        inside = row_of[owners] >= 0
        own = (row_of[owners[inside]], indices[inside])
        for scores in (teacher, student):
            scores[own] = -torch.inf
        t, s = ranks_of(teacher), ranks_of(student)
        for_teacher = torch.exp(params["epsilon"] * (t - s))
        for_student = torch.tanh((params["epsilonTanh"] * (s - t)).clamp_(min=0))
        for weights in (for_teacher, for_student):
            weights[own] = 0
            # Nothing can be drawn for such a user; multinomial wants a weight all the same.
            weights[weights.sum(1) == 0, 0] = 1
        return for_teacher, for_student

    @torch.no_grad()
    def draw(weights, part, epochs):
        for begin in range(0, len(part), BLOCK):
            rows = slice(begin, begin + BLOCK)
            most = int(degrees[part[rows]].max()) * epochs
            torch.multinomial(weights[rows], most, replacement=True)

    def look(part):
        for at, weights in enumerate(weights_of(part)):
            if keeps:
                kept[at][part] = weights
            else:
                draw(weights, part, update)

    if keeps:
        for part in parts:
            look(part)

    def score(at, part, ids):
        user, item = [F.embedding(x, table, sparse=sparse) for x, table in zip((users[part], ids), tables[at])]
        return (user * item).sum(1)

    def learned(at, part):
        ids = drawn[at][part]
        some = torch.nonzero(ids >= 0).flatten()
        where, ids = torch.arange(part.start, part.start + len(ids))[some], ids[some]
        with torch.no_grad():
            targets = torch.sigmoid(score(1 - at, where, ids) / temperatures[at])
        return F.binary_cross_entropy_with_logits(score(at, where, ids), targets, reduction="sum")

    def run():
        look(parts[0])
        if params["draws"] == "epoch":
            for weights in kept:
                for begin in range(0, len(active), BLOCK):
                    rows = active[begin : begin + BLOCK]
                    torch.multinomial(weights[rows], int(degrees[rows].max()), replacement=True)
        totals = [0.0, 0.0]
        for begin in range(0, len(users), batch):
            part = slice(begin, begin + batch)
            losses = []
            for at in range(2):
                if params["draws"] == "batch":
                    torch.multinomial(kept[at][users[part]], 1)
                base = -F.logsigmoid(score(at, part, positives[part]) - score(at, part, negatives[part])).sum()
                losses.append(base + lambdas[at] * learned(at, part))
            for at, loss in enumerate(losses):
                optimizers[at].zero_grad()
                loss.backward()
                totals[at] += loss.item()
            for optimizer in optimizers:
                optimizer.step()
        last["losses"] = totals

    def result():
        named = {
            f"{role}.{side}": table
            for role, pair in zip(ROLES, tables)
            for side, table in zip(("users", "items"), pair)
        }
        return {"losses": torch.tensor(last["losses"]), **named}

    return run, result


serve(prepare)
