"""Recall and NDCG at two depths by full ranking of all items, train and valid items left out; one value per user.

recall = hits / relevant; ndcg = sum over hits of 1 / log2(position + 1), over the best possible sum.
Two forms: `vectorised` works on batches of users, `per-user` is the plain loop over users.
"""

import math

import torch
from _peer import serve


def ragged_rows(indptr):
    return torch.repeat_interleave(torch.arange(len(indptr) - 1), indptr[1:] - indptr[:-1])


def vectorised(inputs, params):
    users, items = inputs["users"], inputs["items"]
    mask_rows, mask_columns = ragged_rows(inputs["maskIndptr"]), inputs["maskIndices"]
    test_rows, test_columns = ragged_rows(inputs["testIndptr"]), inputs["testIndices"]
    mask_starts, test_starts = inputs["maskIndptr"].tolist(), inputs["testIndptr"].tolist()
    relevant = (inputs["testIndptr"][1:] - inputs["testIndptr"][:-1]).float()
    depths, batch = params["depths"], params["batch"]
    discounts = 1 / torch.log2(torch.arange(max(depths)) + 2.0)
    ideal = torch.cat([torch.zeros(1), discounts.cumsum(0)])
    values = torch.empty(len(users), 2 * len(depths))

    @torch.inference_mode()
    def run():
        for begin in range(0, len(users), batch):
            end = min(begin + batch, len(users))
            scores = users[begin:end] @ items.T
            own = slice(mask_starts[begin], mask_starts[end])
            scores[mask_rows[own] - begin, mask_columns[own]] = -torch.inf
            top = scores.topk(max(depths), dim=1).indices
            truth = torch.zeros(end - begin, len(items), dtype=torch.bool)
            own = slice(test_starts[begin], test_starts[end])
            truth[test_rows[own] - begin, test_columns[own]] = True
            hits = truth.gather(1, top).float()
            count = relevant[begin:end]
            for k, depth in enumerate(depths):
                values[begin:end, 2 * k] = hits[:, :depth].sum(1) / count
                best = ideal[count.clamp_max(depth).long()]
                values[begin:end, 2 * k + 1] = (hits[:, :depth] @ discounts[:depth]) / best

    return run, lambda: {"values": values}


def per_user(inputs, params):
    users, items = inputs["users"], inputs["items"]
    mask = inputs["maskIndices"].split((inputs["maskIndptr"][1:] - inputs["maskIndptr"][:-1]).tolist())
    test = inputs["testIndices"].split((inputs["testIndptr"][1:] - inputs["testIndptr"][:-1]).tolist())
    truths = [set(row.tolist()) for row in test]
    depths = params["depths"]
    values = torch.empty(len(users), 2 * len(depths))

    @torch.inference_mode()
    def run():
        for user, truth in enumerate(truths):
            scores = items @ users[user]
            scores[mask[user]] = -torch.inf
            top = scores.topk(max(depths)).indices.tolist()
            row = []
            for depth in depths:
                found = [place for place, item in enumerate(top[:depth]) if item in truth]
                best = sum(1 / math.log2(place + 2) for place in range(min(depth, len(truth))))
                row += [len(found) / len(truth), sum(1 / math.log2(place + 2) for place in found) / best]
            values[user] = torch.tensor(row)

    return run, lambda: {"values": values}


FORMS = {"vectorised": vectorised, "per-user": per_user}

serve(lambda inputs, params: FORMS[params["form"]](inputs, params))
