"""Training steps of a variational autoencoder with multinomial likelihood, without dropout and with given noise.

h = tanh(W1 x / |x| + b1); [mu, logvar] = W2 h + b2; z = mu + noise * exp(logvar / 2); logits = W4 tanh(W3 z + b3) + b4;
loss = mean over rows of -sum of log softmax(logits) over the row's entries + beta * KL. One run takes all rows once, `batchSize` at a time.
Two forms: `dense` multiplies dense rows, as autoencoders are mostly written; `sparse` sums the rows of W1 that a row's
entries select. W1 is handed over as columns x hidden.
"""

import torch
import torch.nn.functional as F
from _peer import make_adam, serve, train


def prepare(inputs, params):
    dense = params["form"] == "dense"
    names = ["w1", "b1", "w2", "b2", "w3", "b3", "w4", "b4"]
    start = {name: inputs[name].clone() for name in names}
    if dense:
        start["w1"] = start["w1"].T.contiguous()
    tables = {name: values.requires_grad_() for name, values in start.items()}
    w1, b1, w2, b2, w3, b3, w4, b4 = (tables[name] for name in names)
    optimizer = make_adam(tables.values(), params)
    width = len(b4)
    last = {}

    def batch_of(begin, end):
        indptr = inputs["indptr"][begin : end + 1]
        columns = inputs["indices"][indptr[0] : indptr[-1]]
        counts = indptr[1:] - indptr[:-1]
        rows = torch.repeat_interleave(torch.arange(len(counts)), counts)
        return indptr[:-1] - indptr[0], counts, rows, columns, inputs["noise"][begin:end]

    total = len(inputs["indptr"]) - 1
    begins = range(0, total, params["batchSize"])
    batches = [batch_of(begin, min(begin + params["batchSize"], total)) for begin in begins]

    def first_layer(offsets, counts, rows, columns):
        if dense:
            x = torch.zeros(len(counts), width)
            x[rows, columns] = 1
            return x, F.linear(F.normalize(x), w1, b1)
        weights = counts.float().rsqrt()[rows]
        return None, F.embedding_bag(columns, w1, offsets, mode="sum", per_sample_weights=weights) + b1

    def loss_of(offsets, counts, rows, columns, noise):
        x, first = first_layer(offsets, counts, rows, columns)
        mu, logvar = F.linear(torch.tanh(first), w2, b2).chunk(2, dim=1)
        z = mu + noise * torch.exp(0.5 * logvar)
        logits = F.linear(torch.tanh(F.linear(z, w3, b3)), w4, b4)
        log_softmax = F.log_softmax(logits, dim=1)
        log_likelihood = (log_softmax * x).sum() if dense else log_softmax[rows, columns].sum()
        divergence = 0.5 * (logvar.exp() - logvar + mu.square() - 1).sum()
        return (params["beta"] * divergence - log_likelihood) / len(counts)

    def run():
        last["loss"] = train(optimizer, batches, loss_of)

    def result():
        moments = {f"{name}.first": optimizer.state[table]["exp_avg"] for name, table in tables.items()}
        values = dict(tables)
        if dense:
            moments["w1.first"] = moments["w1.first"].T
            values["w1"] = w1.T
        return {"loss": torch.tensor([last["loss"]]), **moments, **values}

    return run, result


serve(prepare)

