import { access, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import type { ImportedModel, PartName } from "../model/manifest.ts";
import type { ProviderName, ProviderOutcome } from "../model/provider.ts";
import { resolveIn } from "../model/shelf.ts";
import { openOnFirst } from "./provider-choice.ts";

export interface SessionOptions {
  readonly providers: readonly ProviderName[];
  /** Which GPU; 0 is the first. */
  readonly deviceId: number;
  /** CPU threads of one run; 0 lets ONNX Runtime take one per core. */
  readonly threads: number;
}

/** An array with its shape, as it goes into or comes out of a session. */
export interface NamedArray {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

/** One ONNX Runtime session. `run` occupies the calling thread for its whole length. */
export class Session<Part extends string = PartName> implements AsyncDisposable {
  readonly part: Part;
  readonly outcome: ProviderOutcome;
  /** Milliseconds spent inside `session.run` so far. */
  runMs = 0;
  readonly #session: InferenceSession;

  private constructor(part: Part, session: InferenceSession, outcome: ProviderOutcome) {
    this.part = part;
    this.#session = session;
    this.outcome = outcome;
  }

  /** Opens the graph of `part` on the first provider asked for that can hold it. */
  static async open(model: ImportedModel, part: PartName, options: SessionOptions): Promise<Session> {
    const available = new Set(listSupportedBackends().map((backend) => backend.name));
    const { opened, outcome } = await openOnFirst(options.providers, available, (provider) =>
      createSession(model, part, provider, options),
    );
    return new Session(part, opened, outcome);
  }

  /**
   * Opens a classifier's graph, which brings its weights itself. TensorRT is left out: it would compile for minutes for a
   * graph that runs in milliseconds anywhere.
   */
  static async openClassifier(graph: string, options: SessionOptions): Promise<Session<"classifier">> {
    const available = new Set(listSupportedBackends().map((backend) => backend.name));
    const asked = options.providers.filter((provider) => provider !== "tensorrt");
    const { opened, outcome } = await openOnFirst(asked.length > 0 ? asked : ["cpu"], available, (provider) =>
      InferenceSession.create(graph, sessionOptions(provider, options)),
    );
    return new Session("classifier", opened, outcome);
  }

  /** Names of the graph's inputs and outputs. */
  get names(): { readonly inputs: readonly string[]; readonly outputs: readonly string[] } {
    return { inputs: this.#session.inputNames, outputs: this.#session.outputNames };
  }

  /**
   * Runs the graph. `fetches` limits the outputs that are returned, by name; all when left out. What they hold is the
   * graph's own type.
   */
  async run<Output extends Float32Array | Uint8Array = Float32Array>(
    feeds: Record<string, NamedArray>,
    fetches?: readonly string[],
  ): Promise<Record<string, Output>> {
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { data, dims }]) => [
        name,
        data instanceof Float32Array ? new Tensor("float32", data, dims) : new Tensor("int64", data, dims),
      ]),
    );
    const started = performance.now();
    const results =
      fetches === undefined ? await this.#session.run(tensors) : await this.#session.run(tensors, fetches);
    this.runMs += performance.now() - started;
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Output]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

async function createSession(model: ImportedModel, part: PartName, provider: ProviderName, options: SessionOptions) {
  const { manifest } = model;
  const { graphs, precision } = manifest.parts[part];
  const native = provider === "cuda" || provider === "tensorrt" ? graphs[precision] : undefined;
  const graph = resolveIn(model, native ?? graphs.float32);
  const session = { model_external_initializers_file_folder_path: resolveIn(model, manifest.weightsRoot) };
  const create = (file: string, entries = {}) =>
    InferenceSession.create(file, sessionOptions(provider, options, { session, ...entries }));
  return provider === "tensorrt" ? openCompiled(graph, create) : create(graph);
}

/**
 * A session's threads rest once its run ends. By default they would look for more work for some 10 ms, on the cores that the
 * next part of the model needs, or whoever finishes the picture.
 */
const calm = { force_spinning_stop: "1" };

function sessionOptions(
  provider: ProviderName,
  { deviceId, threads }: SessionOptions,
  { session, ...others }: { readonly session?: object } = {},
): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider === "cpu" || provider === "webgpu" ? provider : { name: provider, deviceId }],
    ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    extra: { session: { ...calm, ...session }, ...others },
  };
}

/**
 * onnxruntime-node passes TensorRT no engine cache option, but session entries do pass: the first session writes its
 * compiled engine as an EPContext model beside the graph, later ones load that. One that cannot be loaded, for it was cut
 * short or belongs to another GPU or version, is compiled anew.
 */
async function openCompiled<Opened>(
  graph: string,
  create: (file: string, entries?: object) => Promise<Opened>,
): Promise<Opened> {
  const compiled = join(dirname(graph), `${basename(graph)}.tensorrt.onnx`);
  try {
    await access(compiled);
    return await create(compiled);
  } catch {
    await rm(compiled, { force: true });
    const context = { context_enable: "1", context_file_path: compiled, context_embed_mode: "0" };
    return create(graph, { ep: context });
  }
}
