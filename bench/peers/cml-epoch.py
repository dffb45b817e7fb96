"""One epoch of collaborative metric learning: the hinge of squared distances, summed over each batch, Adam on every row.

The interactions and the items against them are given, so that both sides train on the same ones. `lossNegatives`: of the items
against one interaction only the nearest counts, or all. After each step all rows are put back into the ball of radius
`clip`.
"""

import torch
import torch.nn.functional as F
from _peer import make_adam, parts, serve, train


def prepare(inputs, params):
    users, positives, negatives = inputs["userIds"], inputs["positives"], inputs["negatives"]
    user_table = inputs["users"].clone().requires_grad_()
    item_table = inputs["items"].clone().requires_grad_()
    optimizer = make_adam([user_table, item_table], params)
    batch, margin, clip = params["batchSize"], params["margin"], params["clip"]
    hardest = params["lossNegatives"] == "hardest"
    last = {}

    def nearest(user, drawn):
        # Which one is nearest needs no gradient; the distance to it is taken again with one.
        with torch.no_grad():
            distances = (user.unsqueeze(1) - F.embedding(drawn, item_table)).square().sum(2)
            return drawn.gather(1, distances.argmin(1, keepdim=True))

    def loss_of(part):
        user = F.embedding(users[part], user_table)
        drawn = nearest(user, negatives[part]) if hardest else negatives[part]
        near = (user - F.embedding(positives[part], item_table)).square().sum(1, keepdim=True)
        far = (user.unsqueeze(1) - F.embedding(drawn, item_table)).square().sum(2)
        return (margin + near - far).clamp(min=0).sum()

    @torch.no_grad()
    def into_ball(*_):
        for table in (user_table, item_table):
            table.div_((table.norm(dim=1, keepdim=True) / clip).clamp(min=1))

    optimizer.register_step_post_hook(into_ball)

    def run(size):
        last["loss"] = train(optimizer, parts(size, batch), loss_of)

    def result():
        return {"loss": torch.tensor([last["loss"]]), "users": user_table, "items": item_table}

    return lambda: run(len(users)), result, lambda: run(params["compared"])


serve(prepare)
