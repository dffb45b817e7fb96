"""One epoch of NeuMF: BCE with logits, summed over each batch of positives with their negatives, Adam on every parameter.

The pairs are given, so that both sides train on the same ones.
"""

import torch
from _peer import make_adam, parts, serve, train
from torch import nn


class Neumf(nn.Module):
    def __init__(self, inputs, dim, layers):
        super().__init__()
        # A row holds both embeddings of a user or item.
        for name in ("users", "items"):
            gmf, mlp = inputs[name].split(dim, 1)
            setattr(self, f"gmf_{name}", nn.Embedding.from_pretrained(gmf.clone(), freeze=False))
            setattr(self, f"mlp_{name}", nn.Embedding.from_pretrained(mlp.clone(), freeze=False))
        widths = [2 * dim // 2**layer for layer in range(layers + 1)]
        self.linear = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.out = nn.Linear(dim + widths[-1], 1)
        names = [*range(1, layers + 1), "Out"]
        with torch.no_grad():
            for name, linear in zip(names, [*self.linear, self.out]):
                linear.weight.copy_(inputs[f"w{name}"])
                linear.bias.copy_(inputs[f"b{name}"])
        hidden = [part for linear in self.linear for part in (linear, nn.ReLU())]
        self.mlp = nn.Sequential(*hidden)

    def forward(self, users, items):
        gmf = self.gmf_users(users) * self.gmf_items(items)
        mlp = self.mlp(torch.cat([self.mlp_users(users), self.mlp_items(items)], 1))
        return self.out(torch.cat([gmf, mlp], 1)).squeeze(1)

    def tables(self):
        tables = {
            "users": torch.cat([self.gmf_users.weight, self.mlp_users.weight], 1),
            "items": torch.cat([self.gmf_items.weight, self.mlp_items.weight], 1),
            "wOut": self.out.weight,
            "bOut": self.out.bias,
        }
        for layer, linear in enumerate(self.linear, 1):
            tables[f"w{layer}"], tables[f"b{layer}"] = linear.weight, linear.bias
        return tables


def prepare(inputs, params):
    batch, negatives = params["batchSize"], params["negatives"]
    users, positives = inputs["userIds"], inputs["positives"]
    against = inputs["negatives"].view(-1, negatives)
    model = Neumf(inputs, params["dim"], params["layers"])
    bce = nn.BCEWithLogitsLoss(reduction="sum")
    optimizer = make_adam(model.parameters(), params)
    last = {}

    def loss_of(part):
        items = torch.cat([positives[part, None], against[part]], 1)
        labels = torch.zeros(items.shape)
        labels[:, 0] = 1
        logits = model(users[part].repeat_interleave(1 + negatives), items.flatten())
        return bce(logits, labels.flatten())

    def run(size):
        last["loss"] = train(optimizer, parts(size, batch), loss_of)

    def result():
        return {"loss": torch.tensor([last["loss"]]), **model.tables()}

    return lambda: run(len(users)), result, lambda: run(params["compared"])


serve(prepare)
