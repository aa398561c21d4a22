import { createHash } from "node:crypto";
import { relative, sep } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { TensorView, WeightType } from "./safetensors.ts";

/** The ONNX operator set and file format that ONNX Runtime 1.30 reads and that hold all we use. */
const opsetVersion = 21n;
const irVersion = 10n;

export type ElementType = WeightType | "int64" | "bool" | "uint8";

/** A value that flows through the graph: the name of a node's output, an input or an initializer. */
export type Value = string & { readonly brand: "onnx value" };

/** A dimension: a fixed length, or the name of one that is known at run time. */
export type Dimension = number | string;

export type Attribute = number | bigint | string | readonly number[] | { readonly float: number };

const dataTypes: Record<ElementType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  bfloat16: TensorProto_DataType.BFLOAT16,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
  uint8: TensorProto_DataType.UINT8,
};

/** ONNX Runtime's own operators; everything else is standard ONNX. */
const contributed = new Set(["MultiHeadAttention", "RotaryEmbedding", "FastGelu", "QuickGelu"]);

/**
 * Builds one ONNX graph. Weights are not copied: an initializer names file, offset and length of a tensor view.
 * Numbers among attributes are integers unless wrapped as `{ float }`.
 */
export class Graph {
  readonly #name: string;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #views: TensorView[] = [];
  readonly #casts = new Map<string, Value>();
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return name as Value;
  }

  /** Gives `value` the name under which callers fetch it. */
  output(value: Value, name: string, type: ElementType, shape: readonly Dimension[]): void {
    this.#add("Identity", [value], {}, [name]);
    this.#outputs.push(valueInfo(name, type, shape));
  }

  node(op: string, inputs: readonly (Value | undefined)[], attributes: Record<string, Attribute> = {}): Value {
    return this.#add(op, inputs, attributes, [this.#fresh(op)])[0]!;
  }

  nodes(op: string, inputs: readonly Value[], attributes: Record<string, Attribute>, count: number): Value[] {
    return this.#add(
      op,
      inputs,
      attributes,
      Array.from({ length: count }, () => this.#fresh(op)),
    );
  }

  /** A small constant that lives in the graph file: integers as int64, numbers as float32. */
  constant(type: "int64" | "float32", data: readonly number[] | Float32Array, shape: readonly number[]): Value {
    const buffer =
      type === "int64" ? new BigInt64Array(Array.from(data, BigInt)).buffer : new Float32Array(data).buffer;
    const rawData = new Uint8Array(buffer);
    // The same numbers in the same shape are one initializer, however often they are asked for.
    const key = `${type}[${shape}]:${createHash("sha256").update(rawData).digest("hex").slice(0, 16)}`;
    if (!this.#initializers.has(key)) {
      const dims = shape.map(BigInt);
      this.#initializers.set(key, create(TensorProtoSchema, { name: key, dataType: dataTypes[type], dims, rawData }));
    }
    return key as Value;
  }

  /** A weight by reference; `name` is unique per slice of a tensor. The type is the one it is stored in. */
  weight(name: string, view: TensorView, type: WeightType): Value {
    if (!this.#initializers.has(name)) {
      this.#views.push(view);
      const tensor = create(TensorProtoSchema, {
        name,
        dataType: dataTypes[type],
        dims: view.shape.map(BigInt),
        dataLocation: TensorProto_DataLocation.EXTERNAL,
        externalData: externalData(view.file, view.offset, view.length),
      });
      this.#initializers.set(name, tensor);
    }
    return name as Value;
  }

  /** Casts once per (value, type): asking again gives the same node. */
  cast(value: Value, to: ElementType): Value {
    const key = `${value}:${to}`;
    const known = this.#casts.get(key);
    if (known !== undefined) return known;
    const cast = this.node("Cast", [value], { to: dataTypes[to] });
    this.#casts.set(key, cast);
    return cast;
  }

  /** The files that the initializers lie in, each once. */
  files(): string[] {
    return [...new Set(this.#views.map((view) => view.file))];
  }

  /** The model as a protobuf, weight locations relative to `weightsRoot`, an ancestor folder of every file. */
  encode(weightsRoot: string): Uint8Array {
    for (const tensor of this.#initializers.values()) {
      const location = tensor.externalData.find((entry) => entry.key === "location");
      if (location !== undefined) location.value = relative(weightsRoot, location.value).split(sep).join("/");
    }
    const domains = [
      create(OperatorSetIdProtoSchema, { domain: "", version: opsetVersion }),
      create(OperatorSetIdProtoSchema, { domain: "com.microsoft", version: 1n }),
    ];
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion,
        producerName: "pentimento",
        opsetImport: domains,
        graph: create(GraphProtoSchema, {
          name: this.#name,
          node: this.#nodes,
          initializer: [...this.#initializers.values()],
          input: this.#inputs,
          output: this.#outputs,
        }),
      }),
    );
  }

  #fresh(op: string): string {
    this.#count += 1;
    return `${op}_${this.#count}`;
  }

  #add(op: string, inputs: readonly (Value | undefined)[], attributes: Record<string, Attribute>, outputs: string[]) {
    this.#nodes.push(
      create(NodeProtoSchema, {
        opType: op,
        domain: contributed.has(op) ? "com.microsoft" : "",
        name: outputs[0]!,
        input: inputs.map((input) => input ?? ""),
        output: outputs,
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      }),
    );
    return outputs as Value[];
  }
}

function attribute(name: string, value: Attribute): AttributeProto {
  const { INT, INTS, STRING, FLOAT } = AttributeProto_AttributeType;
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(value) });
  }
  if (typeof value === "number" || typeof value === "bigint") {
    return create(AttributeProtoSchema, { name, type: INT, i: BigInt(value) });
  }
  if ("float" in value) return create(AttributeProtoSchema, { name, type: FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: INTS, ints: value.map(BigInt) });
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((side) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof side === "number" ? { case: "dimValue", value: BigInt(side) } : { case: "dimParam", value: side },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: dataTypes[type],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
  });
}

function externalData(location: string, offset: number, length: number) {
  return Object.entries({ location, offset: `${offset}`, length: `${length}` }).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
}
