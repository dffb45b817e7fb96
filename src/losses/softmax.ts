export { type SoftmaxRow, softmaxListLoss } from '../kernels/softmax/loss.js';
