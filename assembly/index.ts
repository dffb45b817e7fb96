export { negatives, normal } from './random';
export { als } from './als';
export { accumulate, distancePairs, dotPairs, gather, linkRows } from './pairs';
export { adagrad, adam, clipRows, lazyAdam, sgd } from './optimizers';
export { addParts, gemm } from './gemm';
export { packItems, topK, topKDot } from './top-k';
export { addScaled, propagate, scale } from './propagate';
export {
  addBias, columnSums, multiply, relu, reluBackward, scaleColumns, sigmoid, sigmoidBackward, tanh, tanhBackward, transpose,
} from './dense';
export { perceptronScores } from './perceptron';
export { multinomial } from './multinomial';
export { finish, invertBlock, limits, sweepColumns, sweepTiles } from './invert';
export { sumRows } from './symmetric';
export { hetcompFinish, hetcompItems, hetcompPrepare, hetcompUsers } from './hetcomp';
