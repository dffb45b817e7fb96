export {
  type HetcompArithmetic,
  type HetcompPhase,
  type HetcompRow,
  hetcompLoss,
} from '../kernels/hetcomp/loss.js';
