export { negatives, normal } from './random';
export { accumulate, dotPairs, linkRows } from './pairs';
export { adagrad, adam, sgd } from './optimizers';
export { addParts, gemm } from './gemm';
export { packItems, topK, topKDot } from './top-k';
export { addScaled, propagate, scale } from './propagate';
export { addBias, columnSums, tanh, tanhBackward } from './dense';
export { multinomial } from './multinomial';
export { blockColumns, diagonal, invertBlock, mirror, putColumns } from './invert';
