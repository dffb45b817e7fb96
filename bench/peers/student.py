"""The exact best items of one user after the other, by an index of inner products."""

import faiss
import torch
from _peer import serve


def prepare(inputs, params):
    faiss.omp_set_num_threads(1)
    users, items = inputs["users"].numpy(), inputs["items"].numpy()
    index = faiss.IndexFlatIP(items.shape[1])
    index.add(items)
    last = {}

    def run():
        lists = [index.search(users[row : row + 1], params["topK"])[1] for row in range(len(users))]
        last["lists"] = torch.cat([torch.from_numpy(found) for found in lists])

    return run, lambda: last


serve(prepare)
