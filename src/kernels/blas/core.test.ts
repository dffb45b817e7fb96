import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { fasterCore } from './core.js';

const avx512 = 'model name : X\nflags\t\t: fpu sse2 avx2 avx512f avx512dq avx512cd avx512bw avx512vl\nbugs :';

test('a faster kind of processor is named where OpenBLAS does not use AVX-512 that is there', () => {
  equal(fasterCore('OpenBLAS 0.3.21 Haswell', avx512), 'OPENBLAS_CORETYPE=SkylakeX');
  equal(fasterCore('OpenBLAS 0.3.21 Zen', avx512), 'OPENBLAS_CORETYPE=SkylakeX');
  equal(fasterCore('OpenBLAS 0.3.21 SkylakeX', avx512), undefined);
  equal(fasterCore('OpenBLAS 0.3.21 Cooperlake', avx512), undefined);
  equal(fasterCore('OpenBLAS 0.3.21 Haswell', avx512.replace('avx512vl', '')), undefined);
  equal(fasterCore('OpenBLAS 0.3.21 Haswell', ''), undefined);
  equal(fasterCore('Accelerate', avx512), undefined);
});
