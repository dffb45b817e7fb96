// A layer of NeuMF in the kernels. The first layer is two of these: its halves for the user and for the item.

/** Written by packed.ts. The weights are stored twice: inputs x units for the forward pass, units x inputs for the backward pass. */
@unmanaged
export class NeumfLayer {
  inputs: i32;
  units: i32;
  /** Addresses of the weights and of the bias. */
  forward: usize;
  backward: usize;
  bias: usize;
  /** Offsets in bytes of the gradients of weights and bias in the sums of a chunk. */
  weightSums: usize;
  biasSums: usize;
}

// @ts-ignore: decorator
@inline
export function layerAt(layers: NeumfLayer, index: i32): NeumfLayer {
  return changetype<NeumfLayer>(changetype<usize>(layers) + (index as usize) * offsetof<NeumfLayer>());
}
