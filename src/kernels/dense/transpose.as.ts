// Matrix transposition in blocks of 4 x 4.

/** to[c][r] = from[r][c] for rows x columns floats. fromStep and toStep are the bytes from one row to the next. */
export function transposeInto(from: usize, fromStep: usize, rows: i32, columns: i32, to: usize, toStep: usize): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const s0 = from + (r as usize) * fromStep, s1 = s0 + fromStep, s2 = s1 + fromStep, s3 = s2 + fromStep;
    let target = to + ((r as usize) << 2);
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      const at = (c as usize) << 2;
      const r0 = v128.load(s0 + at), r1 = v128.load(s1 + at), r2 = v128.load(s2 + at), r3 = v128.load(s3 + at);
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
      v128.store(target + toStep, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
      v128.store(target + 2 * toStep, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
      v128.store(target + 3 * toStep, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
      target += 4 * toStep;
    }
    for (; c < columns; c++) {
      const at = (c as usize) << 2;
      store<f32>(target, load<f32>(s0 + at));
      store<f32>(target + 4, load<f32>(s1 + at));
      store<f32>(target + 8, load<f32>(s2 + at));
      store<f32>(target + 12, load<f32>(s3 + at));
      target += toStep;
    }
  }
  for (; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      store<f32>(to + (c as usize) * toStep + ((r as usize) << 2), load<f32>(from + (r as usize) * fromStep + ((c as usize) << 2)));
    }
  }
}
