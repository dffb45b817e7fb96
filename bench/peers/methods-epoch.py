"""One epoch of BPR matrix factorisation with a loss on the embeddings of a teacher: FitNet, FreqD, FTD, HTD or PCKD.

The users and items of the loss are the distinct ones of the batch, positives and negatives apart (together for FTD and HTD). Triples,
graphs, noise and drawn items are given, so that both sides train on the same ones.
"""

import torch
import torch.nn.functional as F
from _peer import make_adam, parts, serve, train


class Work:
    def __init__(self, inputs, params):
        self.params = params
        self.users, self.positives = inputs["userIds"], inputs["positives"]
        self.negatives = inputs["negatives"].flatten()
        self.teacher = {"users": inputs["teacherUsers"], "items": inputs["teacherItems"]}
        self.table = {side: inputs[side].clone().requires_grad_() for side in ("users", "items")}
        self.own = {
            name: value.clone().requires_grad_() for name, value in inputs.items() if name.split(".")[0] == "method"
        }
        self.inputs = inputs

    def of(self, side, name):
        return self.own[f"method.{side}.{name}"]

    def base(self, part):
        user = F.embedding(self.users[part], self.table["users"])
        items = self.table["items"]
        difference = F.embedding(self.positives[part], items) - F.embedding(self.negatives[part], items)
        return -F.logsigmoid((user * difference).sum(1)).sum()

    def distinct(self, part):
        return self.users[part].unique(), self.positives[part].unique(), self.negatives[part].unique()


class FitNet(Work):
    def projected(self, side, ids):
        return self.table[side][ids] @ self.of(side, "w").T

    def target(self, side, ids):
        return self.teacher[side][ids]

    def apart(self, side, ids):
        return (self.target(side, ids) - self.projected(side, ids)).square().sum()

    def loss(self, part, _index):
        users, positives, negatives = self.distinct(part)
        return self.apart("users", users) + 0.5 * (self.apart("items", positives) + self.apart("items", negatives))


class FreqD(FitNet):
    """`whole`: all rows are projected, then smoothed. Otherwise all rows of the student are smoothed, and those of the batch projected."""

    def __init__(self, inputs, params):
        super().__init__(inputs, params)
        self.filter, self.smoothed = {}, {}
        for side in ("users", "items"):
            starts, columns, weights = (inputs[f"{side}{part}"] for part in ("Indptr", "Indices", "Weights"))
            n = len(starts) - 1
            self.filter[side] = torch.sparse_csr_tensor(starts, columns, weights, size=(n, n))
            self.smoothed[side] = self.filter[side] @ self.teacher[side]

    def target(self, side, ids):
        return self.smoothed[side][ids]

    def apart(self, side, ids):
        return (1 - F.cosine_similarity(self.projected(side, ids), self.target(side, ids))).sum()

    def projected(self, side, ids):
        if self.params["form"] == "whole":
            return Smooth.apply(self.filter[side], self.table[side] @ self.of(side, "w").T)[ids]
        return Smooth.apply(self.filter[side], self.table[side])[ids] @ self.of(side, "w").T


class Smooth(torch.autograd.Function):
    """Product with a symmetric sparse matrix, which is its own gradient."""

    @staticmethod
    def forward(context, matrix, table):
        context.matrix = matrix
        return matrix @ table

    @staticmethod
    def backward(context, gradient):
        return None, context.matrix @ gradient


class Ftd(Work):
    """`pairs`: matrices of all cosines. Otherwise the same sum by products of unit rows with each other."""

    def rows(self, part):
        users, positives, negatives = self.distinct(part)
        items = torch.cat([positives, negatives]).unique()
        both = [torch.cat([of["users"][users], of["items"][items]]) for of in (self.table, self.teacher)]
        return users, items, *both

    def loss(self, part, _index):
        *_, student, teacher = self.rows(part)
        s, t = F.normalize(student), F.normalize(teacher)
        if self.params["form"] == "pairs":
            return (s @ s.T - t @ t.T).square().sum()
        return (s.T @ s).square().sum() - 2 * (s.T @ t).square().sum() + (t.T @ t).square().sum()


class Htd(Ftd):
    """The groups of users and items, with matrices of all cosines and a mask of pairs in one group."""

    def __init__(self, inputs, params):
        super().__init__(inputs, params)
        self.noise = {side: inputs[f"{side}Noise"].split(inputs[f"{side}Rows"].tolist()) for side in ("users", "items")}

    def experts(self, side, ids, index):
        t = self.teacher[side][ids]
        selected = torch.softmax(t @ self.of(side, "v").T + self.of(side, "c"), 1)
        gates = torch.softmax(torch.log(selected + 1e-10) + self.noise[side][index], 1)
        hidden = torch.relu(self.table[side][ids] @ self.of(side, "w1").T + self.of(side, "b1").flatten())
        gated = (hidden.view(len(ids), gates.shape[1], -1) * gates.unsqueeze(2)).flatten(1)
        made = gated @ self.of(side, "w2").T + gates @ self.of(side, "b2")
        return (t - made).square().sum(), selected.argmax(1)

    def loss(self, part, index):
        users, items, student, teacher = self.rows(part)
        of_users, user_groups = self.experts("users", users, index)
        of_items, item_groups = self.experts("items", items, index)
        groups = torch.cat([user_groups, item_groups + self.params["experts"]])
        same = groups.unsqueeze(1) == groups.unsqueeze(0)
        s, t = F.normalize(student), F.normalize(teacher)
        entities = ((s @ s.T - t @ t.T).square() * same).sum()
        members = F.one_hot(groups).T.float()
        members = members[members.sum(1) > 0]
        members = members / members.sum(1, keepdim=True)
        means = [F.normalize(members @ rows) for rows in (student, teacher)]
        between = (s @ means[0].T - t @ means[1].T).square().sum()
        alpha = self.params["alpha"]
        return alpha * (entities + between) + (1 - alpha) * (of_users + of_items)


class Pckd(FitNet):
    def loss(self, part, index):
        users = self.users[part].unique()
        items = self.inputs["drawn"][users]
        of_users, of_items = self.table["users"][users].detach(), self.table["items"][items].detach()
        pre = torch.einsum("ud,uqd->uq", of_users, of_items)
        projected = of_users @ self.of("users", "w").T, of_items @ self.of("items", "w").T
        post = torch.einsum("ud,uqd->uq", *projected)
        temperature = self.params["scoreTemperature"]
        target = torch.softmax(pre / temperature, 1)
        kept = -(target * torch.log_softmax(post / temperature, 1)).sum()
        feature = super().loss(part, index)
        self.reported = feature
        return feature + self.params["alpha"] * kept


METHODS = {"fitnet": FitNet, "freqd": FreqD, "ftd": Ftd, "htd": Htd, "pckd": Pckd}


def prepare(inputs, params):
    work = METHODS[params["method"]](inputs, params)
    optimizer = make_adam([*work.table.values(), *work.own.values()], params)
    batches = [(part, index) for index, (part,) in enumerate(parts(len(work.users), params["batchSize"]))]
    last = {}

    def loss_of(part, index):
        return work.base(part) + params["lambda"] * work.loss(part, index)

    def run():
        last["loss"] = train(optimizer, batches, loss_of)

    def first():
        last["loss"] = train(optimizer, batches[: params["compared"]], loss_of)

    def result():
        return {**work.table, **work.own}

    return run, result, first


serve(prepare)
