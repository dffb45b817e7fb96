/** A bundle with its numeric tables in memory shared by all threads. Ids and labels are strings, which every thread copies. */
import type { StudentModel } from '../../student/index.js';
import type { ServedBundle } from '../histories.js';

/** The same bundle with its tables in shared memory, which are not copied when it is sent to a thread. */
export function shared({ model, histories, ...rest }: ServedBundle): ServedBundle {
  const { userFactors, itemFactors, userBiases, itemBiases, seen, answer } = model;
  const moved: StudentModel = {
    ...model,
    userFactors: sharedFloats(userFactors),
    itemFactors: sharedFloats(itemFactors),
    ...(userBiases && { userBiases: sharedFloats(userBiases) }),
    ...(itemBiases && { itemBiases: sharedFloats(itemBiases) }),
    ...(seen && { seen: { indptr: sharedInts(seen.indptr), indices: sharedInts(seen.indices) } }),
    ...(answer?.by === 'history' && { answer: { ...answer, inputFactors: sharedFloats(answer.inputFactors) } }),
  };
  return {
    ...{ ...rest, model: moved },
    ...(histories && {
      histories: {
        ...histories,
        indptr: sharedInts(histories.indptr),
        indices: sharedInts(histories.indices),
      },
    }),
  };
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
