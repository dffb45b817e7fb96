export {
  type HetcompFormulas,
  type HetcompPhase,
  type HetcompRow,
  hetcompLoss,
} from '../kernels/hetcomp/loss.js';
