/** The subset of the ONNX format that a student needs (onnx.proto, with its official field numbers). */
const definition = `syntax = "proto2";
message Attribute { optional string name = 1; optional int64 i = 3; optional int32 type = 20; }
message Tensor { repeated int64 dims = 1; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9; }
message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
message Shape { repeated Dimension dim = 1; }
message TensorType { optional int32 elem_type = 1; optional Shape shape = 2; }
message Type { optional TensorType tensor_type = 1; }
message ValueInfo { optional string name = 1; optional Type type = 2; optional string doc_string = 3; }
message Node { repeated string input = 1; repeated string output = 2; optional string name = 3; optional string op_type = 4; repeated Attribute attribute = 5; }
message Graph { repeated Node node = 1; optional string name = 2; repeated Tensor initializer = 5; optional string doc_string = 10; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message OperatorSet { optional string domain = 1; optional int64 version = 2; }
message Entry { optional string key = 1; optional string value = 2; }
message Model { optional int64 ir_version = 1; optional string producer_name = 2; optional string producer_version = 3; optional Graph graph = 7; repeated OperatorSet opset_import = 8; repeated Entry metadata_props = 14; }`;

/** Codes of element types. */
export const elements = { float: 1, int8: 3, int64: 7, float16: 10 } as const;

export interface OnnxTensor {
  readonly name: string;
  readonly type: keyof typeof elements;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integer attributes only. */
  readonly attributes?: Readonly<Record<string, number>>;
}

/** An input or output. A string in its shape names a variable dimension. */
export interface OnnxValue {
  readonly name: string;
  readonly type: keyof typeof elements;
  readonly shape: readonly (number | string)[];
  readonly help: string;
}

export interface OnnxModel {
  readonly version: string;
  readonly help: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Version of the operator set, and the first format version with it. */
const OPERATORS = 13;
const FORMAT = 7;
const INT = 2;

/** Encodes a model. */
export async function encodeOnnx(model: OnnxModel): Promise<Uint8Array> {
  // Imported on demand: other formats do not need it.
  const { default: protobuf } = await import('protobufjs');
  const Model = protobuf.parse(definition, { keepCase: true }).root.lookupType('Model');
  return Model.encode(
    Model.fromObject({
      ir_version: FORMAT,
      producer_name: 'recdistill',
      producer_version: model.version,
      opset_import: [{ domain: '', version: OPERATORS }],
      metadata_props: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
      graph: {
        name: 'student',
        doc_string: model.help,
        node: model.nodes.map(({ op, inputs, outputs, attributes = {} }, n) => ({
          ...{ op_type: op, input: inputs, output: outputs, name: `${n}-${op}` },
          attribute: Object.entries(attributes).map(([name, i]) => ({ name, i, type: INT })),
        })),
        initializer: model.constants.map(({ name, type, shape, data }) => ({
          ...{ name, data_type: elements[type], dims: shape },
          raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        })),
        input: model.inputs.map(valueInfo),
        output: model.outputs.map(valueInfo),
      },
    }),
  ).finish();
}

const valueInfo = ({ name, type, shape, help }: OnnxValue) => ({
  name,
  doc_string: help,
  type: {
    tensor_type: {
      elem_type: elements[type],
      shape: { dim: shape.map((d) => (typeof d === 'string' ? { dim_param: d } : { dim_value: d })) },
    },
  },
});
