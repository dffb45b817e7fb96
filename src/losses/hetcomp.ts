export {
  type HetcompArithmetic,
  type HetcompPhase,
  type HetcompRow,
  hetcompLoss,
} from '../kernels/hetcomp-row.js';
