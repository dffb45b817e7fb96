/** A bundle whose numbers all threads see in the same memory. Ids and labels are texts, of which every thread has its own. */
import type { StudentBundle, StudentModel } from '../../student/index.js';

/** The same bundle with its tables in shared memory: sent to a thread, they are not copied. */
export function shared({ manifest, model }: StudentBundle): StudentBundle {
  const { userFactors, itemFactors, userBiases, itemBiases, seen } = model;
  const moved: StudentModel = {
    ...model,
    userFactors: sharedFloats(userFactors),
    itemFactors: sharedFloats(itemFactors),
    ...(userBiases && { userBiases: sharedFloats(userBiases) }),
    ...(itemBiases && { itemBiases: sharedFloats(itemBiases) }),
    ...(seen && { seen: { indptr: sharedInts(seen.indptr), indices: sharedInts(seen.indices) } }),
  };
  return { manifest, model: moved };
}

function sharedFloats(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

function sharedInts(values: Int32Array): Int32Array {
  const copy = new Int32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
