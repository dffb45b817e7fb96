"""A training step of Mult-VAE with multinomial likelihood, without dropout and with given noise.

h = tanh(W1 x / |x| + b1); [mu, logvar] = W2 h + b2; z = mu + noise * exp(logvar / 2); logits = W4 tanh(W3 z + b3) + b4;
loss = mean over users of -sum of log softmax(logits) over the user's items + beta * KL.
Two forms: `dense` multiplies dense rows, as autoencoders are mostly written; `sparse` sums the rows of W1 that a user's
items select. W1 is handed over as items x hidden.
"""

import torch
import torch.nn.functional as F
from _peer import serve


def prepare(inputs, params):
    dense = params["form"] == "dense"
    names = ["w1", "b1", "w2", "b2", "w3", "b3", "w4", "b4"]
    start = {name: inputs[name].clone() for name in names}
    if dense:
        start["w1"] = start["w1"].T.contiguous()
    tables = {name: values.requires_grad_() for name, values in start.items()}
    w1, b1, w2, b2, w3, b3, w4, b4 = (tables[name] for name in names)
    optimizer = torch.optim.Adam(
        list(tables.values()), lr=params["learningRate"], weight_decay=params["l2"], fused=params["fused"]
    )
    indptr, columns, noise = inputs["indptr"], inputs["indices"], inputs["noise"]
    counts = indptr[1:] - indptr[:-1]
    rows = torch.repeat_interleave(torch.arange(len(counts)), counts)
    items = len(b4)
    last = {}

    def first_layer():
        if dense:
            x = torch.zeros(len(counts), items)
            x[rows, columns] = 1
            return x, F.linear(F.normalize(x), w1, b1)
        weights = counts.float().rsqrt()[rows]
        return None, F.embedding_bag(columns, w1, indptr[:-1], mode="sum", per_sample_weights=weights) + b1

    def run():
        x, first = first_layer()
        mu, logvar = F.linear(torch.tanh(first), w2, b2).chunk(2, dim=1)
        z = mu + noise * torch.exp(0.5 * logvar)
        logits = F.linear(torch.tanh(F.linear(z, w3, b3)), w4, b4)
        log_softmax = F.log_softmax(logits, dim=1)
        log_likelihood = (log_softmax * x).sum() if dense else log_softmax[rows, columns].sum()
        divergence = 0.5 * (logvar.exp() - logvar + mu.square() - 1).sum()
        loss = (params["beta"] * divergence - log_likelihood) / len(counts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        last["loss"] = loss.item()

    def result():
        moments = {f"{name}.first": optimizer.state[table]["exp_avg"] for name, table in tables.items()}
        if dense:
            moments["w1.first"] = moments["w1.first"].T
        return {"loss": torch.tensor([last["loss"]]), **moments}

    return run, result


serve(prepare)
