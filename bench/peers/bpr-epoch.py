"""One epoch of BPR matrix factorisation: the sum of -log sigmoid(s_pos - s_neg) over each batch, Adam on every row.

The triples are given, so that both sides train on the same ones. `fused` takes PyTorch's one-pass Adam.
"""

import torch
import torch.nn.functional as F
from _peer import serve


def prepare(inputs, params):
    users, positives, negatives = inputs["userIds"], inputs["positives"], inputs["negatives"].flatten()
    user_table = inputs["users"].clone().requires_grad_()
    item_table = inputs["items"].clone().requires_grad_()
    optimizer = torch.optim.Adam(
        [user_table, item_table], lr=params["learningRate"], weight_decay=params["l2"], fused=params["fused"]
    )
    batch = params["batchSize"]
    last = {}

    def run():
        total = 0.0
        for begin in range(0, len(users), batch):
            part = slice(begin, begin + batch)
            user = F.embedding(users[part], user_table)
            difference = F.embedding(positives[part], item_table) - F.embedding(negatives[part], item_table)
            loss = -F.logsigmoid((user * difference).sum(1)).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        last["loss"] = total

    def result():
        return {"loss": torch.tensor([last["loss"]]), "users": user_table, "items": item_table}

    return run, result


serve(prepare)
