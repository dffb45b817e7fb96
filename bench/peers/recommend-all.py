"""The exact best items of all users by an index of inner products, to a Parquet file of user, item, rank and score."""

import os
import tempfile

import faiss
import numpy as np
import torch
from _peer import serve

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    pa = None


def prepare(inputs, params):
    users, items = inputs["users"].numpy(), inputs["items"].numpy()
    faiss.omp_set_num_threads(torch.get_num_threads())
    depth, batch = params["topK"], params["batch"]
    path = os.path.join(tempfile.mkdtemp(), "lists.parquet")
    last = {}

    def run():
        index = faiss.IndexFlatIP(items.shape[1])
        index.add(items)
        item_ids = pa and pa.array([str(i) for i in range(len(items))])
        writer = None
        for begin in range(0, len(users), batch):
            scores, lists = index.search(users[begin : begin + batch], depth)
            if begin == 0:
                last["lists"] = torch.from_numpy(lists[: params["compared"]])
            if pa is None:
                continue
            rows = len(lists)
            names = pa.array([str(u) for u in range(begin, begin + rows)])
            user = pa.DictionaryArray.from_arrays(pa.array(np.repeat(np.arange(rows, dtype=np.int32), depth)), names)
            item = pa.DictionaryArray.from_arrays(pa.array(lists.ravel().astype(np.int32)), item_ids)
            rank = pa.array(np.tile(np.arange(1, depth + 1, dtype=np.int32), rows))
            columns = [user.dictionary_decode(), item.dictionary_decode(), rank, pa.array(scores.ravel())]
            table = pa.table(columns, names=["user", "item", "rank", "score"])
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
        if writer:
            writer.close()

    return run, lambda: last, run


serve(prepare)
