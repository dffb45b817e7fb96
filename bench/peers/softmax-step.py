"""Student step of softmax distillation: scores of all items, the loss of a batch of users, backward, Adam.

scale * sum over users of  sum over ranks k of w_k * (log U - s_k)  +  ownWeight * sum over own items j of (log A - s_j)

A sums exp(s) over all items, U over the items that the user does not have; w_k = 1 / log2(k + 1) for the rank k from 1.
Three forms: `masked` takes two log-sum-exps; `sums` computes the exponentials once and subtracts those of own items from their sum, which is
faster; `by-hand` writes the gradient into the same array, without autograd, which is the fastest.
"""

import torch
from _peer import make_adam, serve, train


class Batch:
    def __init__(self, inputs, items, params):
        self.users = inputs["userIds"]
        self.ranked = inputs["ranked"]
        self.weights = 1 / torch.log2(torch.arange(self.ranked.shape[1], dtype=torch.float32) + 2)
        indptr = inputs["trainIndptr"]
        counts = (indptr[1:] - indptr[:-1])[self.users]
        self.counts = counts.float()
        self.own_rows = torch.repeat_interleave(torch.arange(len(counts)), counts)
        self.own_items = torch.cat([inputs["trainIndices"][indptr[u] : indptr[u + 1]] for u in self.users])
        self.mask = torch.zeros(len(counts), items, dtype=torch.bool)
        self.mask[self.own_rows, self.own_items] = True
        self.scale, self.own_weight = params["scale"], params["ownWeight"]

    def loss(self, log_unobserved, log_all, scores):
        listed = (self.weights * (log_unobserved.unsqueeze(1) - scores.gather(1, self.ranked))).sum()
        own = (self.counts * log_all).sum() - scores[self.own_rows, self.own_items].sum()
        return self.scale * (listed + self.own_weight * own)

    def unobserved(self, exponentials, total):
        own = exponentials[self.own_rows, self.own_items]
        return total - torch.zeros(len(total)).index_add(0, self.own_rows, own)


def masked(scores, batch):
    unobserved = scores.masked_fill(batch.mask, -torch.inf).logsumexp(1)
    return batch.loss(unobserved, scores.logsumexp(1), scores)


def sums(scores, batch):
    exponentials = scores.exp()
    total = exponentials.sum(1)
    return batch.loss(batch.unobserved(exponentials, total).log(), total.log(), scores)


def gradient_by_hand(user_table, item_table, batch):
    """Sets the gradients of both tables and returns the loss."""
    vectors = user_table[batch.users]
    scores = vectors @ item_table.T
    listed, own = scores.gather(1, batch.ranked), scores[batch.own_rows, batch.own_items]
    e = scores.exp_()
    own_e = e[batch.own_rows, batch.own_items]
    total = e.sum(1)
    unobserved = batch.unobserved(e, total)
    loss = (batch.weights * (unobserved.log().unsqueeze(1) - listed)).sum()
    loss = loss + batch.own_weight * ((batch.counts * total.log()).sum() - own.sum())
    of_listed = batch.scale * batch.weights.sum() / unobserved
    of_all = batch.scale * batch.own_weight * batch.counts / total
    e.mul_((of_listed + of_all).unsqueeze(1))
    e[batch.own_rows, batch.own_items] = own_e * of_all[batch.own_rows] - batch.scale * batch.own_weight
    e.scatter_add_(1, batch.ranked, (-batch.scale * batch.weights).expand(len(e), -1))
    user_table.grad = torch.zeros_like(user_table).index_add_(0, batch.users, e @ item_table)
    item_table.grad = e.T @ vectors
    return batch.scale * loss


FORMS = {"masked": masked, "sums": sums}


def prepare(inputs, params):
    user_table = inputs["users"].clone().requires_grad_()
    item_table = inputs["items"].clone().requires_grad_()
    batch = Batch(inputs, len(item_table), params)
    optimizer = make_adam([user_table, item_table], params)
    last = {}

    def run():
        if params["form"] == "by-hand":
            with torch.no_grad():
                last["loss"] = gradient_by_hand(user_table, item_table, batch).item()
                optimizer.step()
        else:
            form = FORMS[params["form"]]
            last["loss"] = train(optimizer, [()], lambda: form(user_table[batch.users] @ item_table.T, batch))

    def result():
        return {
            "loss": torch.tensor([last["loss"]]),
            "users": user_table,
            "items": item_table,
            "users.first": optimizer.state[user_table]["exp_avg"],
            "items.first": optimizer.state[item_table]["exp_avg"],
        }

    return run, result


serve(prepare)
