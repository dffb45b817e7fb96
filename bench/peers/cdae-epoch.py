"""One epoch of the collaborative denoising autoencoder, without dropout and with given masks, Adam on every parameter.

h = sigmoid(We x + be + p_u); logits = Wd h + bd; loss = sum of the binary cross-entropy over the pairs of the mask.
Two forms: `dense` multiplies dense rows and weighs the dense loss by the mask, as autoencoders are mostly written; `sparse` sums the rows of
We that a user's items select and computes the logits of the mask alone. We is handed over as items x dim.
"""

import torch
import torch.nn.functional as F
from _peer import make_adam, serve, train


def prepare(inputs, params):
    dense = params["form"] == "dense"
    names = ["encoder", "encoderBias", "users", "decoder", "decoderBias"]
    start = {name: inputs[name].clone() for name in names}
    if dense:
        start["encoder"] = start["encoder"].T.contiguous()
    tables = {name: values.requires_grad_() for name, values in start.items()}
    encoder, encoder_bias, user_table, decoder, decoder_bias = (tables[name] for name in names)
    optimizer = make_adam(tables.values(), params)
    items = len(decoder_bias)
    last = {}

    def batch_of(index, begin, end):
        users = inputs["userIds"][begin:end]
        indptr = inputs["indptr"][begin : end + 1]
        columns = inputs["indices"][indptr[0] : indptr[-1]]
        rows = torch.repeat_interleave(torch.arange(end - begin), indptr[1:] - indptr[:-1])
        pairs = slice(inputs["pairStarts"][index], inputs["pairStarts"][index + 1])
        mask = inputs["pairRows"][pairs], inputs["pairItems"][pairs], inputs["pairTargets"][pairs]
        return users, indptr[:-1] - indptr[0], rows, columns, *mask

    total = len(inputs["userIds"])
    begins = range(0, total, params["batchSize"])
    batches = [batch_of(at, begin, min(begin + params["batchSize"], total)) for at, begin in enumerate(begins)]

    def dense_loss(users, _, rows, columns, pair_rows, pair_items, __):
        x = torch.zeros(len(users), items)
        x[rows, columns] = 1
        mask = torch.zeros(len(users), items)
        mask[pair_rows, pair_items] = 1
        hidden = torch.sigmoid(F.linear(x, encoder, encoder_bias) + F.embedding(users, user_table))
        logits = F.linear(hidden, decoder, decoder_bias)
        return F.binary_cross_entropy_with_logits(logits, x, weight=mask, reduction="sum")

    def sparse_loss(users, offsets, _, columns, pair_rows, pair_items, targets):
        first = F.embedding_bag(columns, encoder, offsets, mode="sum") + encoder_bias
        hidden = torch.sigmoid(first + F.embedding(users, user_table))
        products = F.embedding(pair_rows, hidden) * F.embedding(pair_items, decoder)
        logits = products.sum(1) + decoder_bias[pair_items]
        return F.binary_cross_entropy_with_logits(logits, targets, reduction="sum")

    loss_of = dense_loss if dense else sparse_loss

    def run():
        last["loss"] = train(optimizer, batches, loss_of)

    def result():
        values = dict(tables)
        if dense:
            values["encoder"] = encoder.T
        return {"loss": torch.tensor([last["loss"]]), **values}

    return run, result


serve(prepare)
