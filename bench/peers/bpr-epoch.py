"""One epoch of BPR matrix factorisation: the sum of -log sigmoid(s_pos - s_neg) over each batch, Adam on every row.

The triples are given, so that both sides train on the same ones.
"""

import torch
import torch.nn.functional as F
from _peer import make_adam, parts, serve, train


def prepare(inputs, params):
    users, positives, negatives = inputs["userIds"], inputs["positives"], inputs["negatives"].flatten()
    user_table = inputs["users"].clone().requires_grad_()
    item_table = inputs["items"].clone().requires_grad_()
    optimizer = make_adam([user_table, item_table], params)
    batches = parts(len(users), params["batchSize"])
    last = {}

    def loss_of(part):
        user = F.embedding(users[part], user_table)
        difference = F.embedding(positives[part], item_table) - F.embedding(negatives[part], item_table)
        return -F.logsigmoid((user * difference).sum(1)).sum()

    def run():
        last["loss"] = train(optimizer, batches, loss_of)

    def result():
        return {"loss": torch.tensor([last["loss"]]), "users": user_table, "items": item_table}

    return run, result


serve(prepare)
