"""One epoch of LightGCN: E = mean of E0, A E0, A A E0, ..., and the BPR loss on the rows of E, summed over each batch, Adam on every row.

The triples are given, so that both sides train on the same ones. Two forms: `coo` multiplies as LightGCN is mostly written,
by torch.sparse.mm; `csr` holds the graph as CSR and uses that A is symmetric: its backward pass is the same product.
"""

import warnings

import torch
import torch.nn.functional as F
from _peer import make_adam, parts, serve, train

# Each process would say once that CSR support is in beta.
warnings.filterwarnings("ignore", message="Sparse")


class Symmetric(torch.autograd.Function):
    @staticmethod
    def forward(ctx, graph, dense):
        ctx.graph = graph
        return graph @ dense

    @staticmethod
    def backward(ctx, gradient):
        return None, ctx.graph @ gradient


def prepare(inputs, params):
    users, positives, negatives = inputs["userIds"], inputs["positives"], inputs["negatives"].flatten()
    user_table = inputs["users"].clone().requires_grad_()
    item_table = inputs["items"].clone().requires_grad_()
    optimizer = make_adam([user_table, item_table], params)
    nodes = len(user_table) + len(item_table)
    graph = torch.sparse_csr_tensor(inputs["indptr"], inputs["indices"], inputs["weights"], size=(nodes, nodes))
    if params["form"] == "coo":
        graph = graph.to_sparse_coo().coalesce()
        spread = torch.sparse.mm
    else:
        spread = Symmetric.apply
    batches = parts(len(users), params["batchSize"])
    last = {}

    def loss_of(part):
        layer = torch.cat([user_table, item_table])
        final = layer
        for _ in range(params["layers"]):
            layer = spread(graph, layer)
            final = final + layer
        all_users, all_items = (final / (params["layers"] + 1)).split([len(user_table), len(item_table)])
        difference = F.embedding(positives[part], all_items) - F.embedding(negatives[part], all_items)
        return -F.logsigmoid((F.embedding(users[part], all_users) * difference).sum(1)).sum()

    def run():
        last["loss"] = train(optimizer, batches, loss_of)

    def result():
        return {"loss": torch.tensor([last["loss"]]), "users": user_table, "items": item_table}

    return run, result


serve(prepare)
