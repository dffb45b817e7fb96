"""HetComp's construction of knowledge as a loop over users.

D(S, T) = 1 - sum over the student's first k of [item in the teacher's first k] w_p / sum of w_p,
w_p = (2^exp(-p/10) - 1) / log2(p + 2). A pair of user and teacher moves on if old / new distance to the next checkpoint is above
the threshold or below 1. A user's list is the top 100 of the sum over teachers of exp(-rank / 10), train items left out.
"""

import math

import torch
from _peer import serve


def prepare(inputs, params):
    users, items = inputs["users"], inputs["items"]
    lists, first = inputs["lists"], inputs["distance"].double()
    indptr, columns = inputs["trainIndptr"].tolist(), inputs["trainIndices"]
    teachers, checkpoints, k, limit = params["teachers"], params["checkpoints"], params["k"], params["threshold"]
    weights = [(2 ** math.exp(-p / 10) - 1) / math.log2(p + 2) for p in range(k)]
    ideal = sum(weights)
    worth = torch.exp(-torch.arange(params["listed"]) / 10)
    tops = [[set(row) for row in ranking[:, :k].tolist()] for ranking in lists]
    last = {}

    def distance(own, user, teacher, checkpoint):
        known = tops[teacher * checkpoints + min(checkpoint, checkpoints - 1)][user]
        return 1 - sum(w for w, item in zip(weights, own) if item in known) / ideal

    def fused(user, selected):
        scores = torch.zeros(len(items))
        for teacher, checkpoint in enumerate(selected):
            scores.index_add_(0, lists[teacher * checkpoints + checkpoint, user], worth)
        scores[columns[indptr[user] : indptr[user + 1]]] = -1
        return scores.topk(100).indices

    @torch.inference_mode()
    def run():
        chosen = torch.zeros(len(users), teachers, dtype=torch.long)
        stored = first.clone().tolist()
        knowledge = [fused(user, [0] * teachers) for user in range(len(users))]
        means = [0.0] * teachers
        for user in range(len(users)):
            scores = users[user] @ items.T
            scores[columns[indptr[user] : indptr[user + 1]]] = -torch.inf
            own = scores.topk(k).indices.tolist()
            for teacher in range(teachers):
                now = distance(own, user, teacher, 1)
                ratio = stored[user][teacher] / now if now > 0 else math.inf
                if ratio > limit or ratio < 1:
                    stored[user][teacher] = distance(own, user, teacher, 2)
                    chosen[user, teacher] = 1
                means[teacher] += distance(own, user, teacher, checkpoints - 1) / len(users)
            knowledge[user] = fused(user, chosen[user].tolist())
        last["selected"], last["distances"] = chosen.flatten(), torch.tensor(means)

    return run, lambda: last


serve(prepare)
