"""HetComp's student step: scores of all items, the distillation loss of a batch of users, backward, Adam.

overall:  0.01  * sum over users, over i in observed and ranked, of log(exp(s_i) + R) - s_i, where R sums exp(s) over the
          items that are neither in train nor ranked
rank:     0.005 * sum over users of PL(observed, R50) + (PL(first 50 ranked, R50) + PL(first 10 ranked, R10)) / 2, where
          PL(A, R) = sum over k of log(sum over l >= k of exp(s_A[l]) + R) - s_A[k], and R50 and R10 sum exp(s) over the
          items that are neither in train nor among the first 50 or 10 ranked

Two forms: `masked` takes a log-sum-exp over the exact set of items; `sums` subtracts the few terms that do not belong from
the sum over all items, which is faster and loses digits only if these few hold nearly all of the sum.
"""

import torch
from _peer import make_adam, serve, train

LOW = -1e30


class Knowledge:
    """The lists of one batch, and what each form needs to leave out train items."""

    def __init__(self, inputs, items):
        self.users = inputs["userIds"]
        self.ranked = inputs["ranked"]
        self.real = inputs["observed"] >= 0
        self.observed = inputs["observed"].clamp_min(0)
        indptr = inputs["trainIndptr"]
        counts = indptr[1:] - indptr[:-1]
        rows = torch.repeat_interleave(torch.arange(len(counts)), counts)
        self.train_mask = torch.zeros(len(counts), items, dtype=torch.bool)
        self.train_mask[rows, inputs["trainIndices"]] = True
        own = self.train_mask[self.users].nonzero()
        self.train_rows, self.train_columns = own[:, 0], own[:, 1]

    def listed(self, scores):
        observed = torch.where(self.real, scores.gather(1, self.observed), LOW)
        return observed, scores.gather(1, self.ranked)


def log_rest_masked(scores, knowledge, leave_out):
    mask = knowledge.train_mask[knowledge.users]
    mask.scatter_(1, knowledge.ranked[:, :leave_out], True)
    return scores.masked_fill(mask, -torch.inf).logsumexp(1, keepdim=True)


def sum_of_unobserved(scores, knowledge):
    e = scores.exp()
    train = torch.zeros(len(e)).index_add(0, knowledge.train_rows, e[knowledge.train_rows, knowledge.train_columns])
    return (e.sum(1) - train).unsqueeze(1)


def overall_masked(scores, knowledge):
    observed, ranked = knowledge.listed(scores)
    rest = log_rest_masked(scores, knowledge, ranked.shape[1])
    listed = torch.cat([observed, ranked], 1)
    return 0.01 * (torch.logaddexp(listed, rest) - listed).where(listed > LOW, 0).sum()


def overall_sums(scores, knowledge):
    observed, ranked = knowledge.listed(scores)
    rest = sum_of_unobserved(scores, knowledge) - ranked.exp().sum(1, keepdim=True)
    listed = torch.cat([observed, ranked], 1)
    return 0.01 * ((listed.exp() + rest.clamp_min(1e-5)).log() - listed).where(listed > LOW, 0).sum()


def plackett_luce_masked(listed, rest):
    tails = listed.flip(1).logcumsumexp(1).flip(1)
    return (torch.logaddexp(tails, rest) - listed).where(listed > LOW, 0).sum()


def rank_masked(scores, knowledge):
    observed, ranked = knowledge.listed(scores)
    top50, top10 = ranked[:, :50], ranked[:, :10]
    rest50 = log_rest_masked(scores, knowledge, 50)
    rest10 = torch.logaddexp(rest50, top50[:, 10:].logsumexp(1, keepdim=True))
    lists = (plackett_luce_masked(top50, rest50) + plackett_luce_masked(top10, rest10)) / 2
    return 0.005 * (plackett_luce_masked(observed, rest50) + lists)


def plackett_luce_sums(listed, rest):
    tails = listed.exp().flip(1).cumsum(1).flip(1)
    return ((tails + rest).clamp_min(1e-5).log() - listed).where(listed > LOW, 0).sum()


def rank_sums(scores, knowledge):
    observed, ranked = knowledge.listed(scores)
    top50, top10 = ranked[:, :50], ranked[:, :10]
    unobserved = sum_of_unobserved(scores, knowledge)
    rest50 = unobserved - top50.exp().sum(1, keepdim=True)
    rest10 = unobserved - top10.exp().sum(1, keepdim=True)
    lists = (plackett_luce_sums(top50, rest50) + plackett_luce_sums(top10, rest10)) / 2
    return 0.005 * (plackett_luce_sums(observed, rest50) + lists)


LOSSES = {
    ("overall", "masked"): overall_masked,
    ("overall", "sums"): overall_sums,
    ("rank", "masked"): rank_masked,
    ("rank", "sums"): rank_sums,
}


def prepare(inputs, params):
    user_table = inputs["users"].clone().requires_grad_()
    item_table = inputs["items"].clone().requires_grad_()
    knowledge = Knowledge(inputs, len(item_table))
    loss_of = LOSSES[params["loss"], params["form"]]
    optimizer = make_adam([user_table, item_table], params)
    last = {}

    def step():
        return loss_of(user_table[knowledge.users] @ item_table.T, knowledge)

    def run():
        last["loss"] = train(optimizer, [()], step)

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
