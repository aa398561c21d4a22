import { CloseCode, createClient, type Client as SocketClient } from "graphql-ws";
import { WebSocket } from "ws";
import { z } from "zod";
import {
  CreateUploadDocument,
  ProgressDocument,
  type ProgressPartsFragment,
  type TypedDocumentString,
  type UploadKind,
} from "../../schema/generated/graphql.ts";
import { errorCodes, Failed, Refused } from "../core/errors.ts";
import { sniff } from "../intake/sniff.ts";

interface Extensions {
  readonly code?: string;
  readonly retryable?: boolean;
  readonly faults?: readonly string[];
}

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Extensions }[];
}

/** What is refused outside of GraphQL. */
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** What became of an upload: a picture, or a file that can be verified. */
interface Uploaded {
  readonly imageId?: string;
  readonly uploadId?: string;
}

/** A server as its public API shows it: the same documents that the studio sends. */
export class Client implements AsyncDisposable {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #socket: SocketClient | undefined;

  /** @param key absent for what needs none */
  constructor(url: string, key?: string) {
    this.#url = url.replace(/\/+$/, "");
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  /** One query or mutation. Throws the API's errors as `Refused` and `Failed`. */
  async ask<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    const answer = await this.#fetch(`${this.#url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...this.#headers },
      body: JSON.stringify({ query: document.toString(), variables }),
    });
    return dataOf(await this.#read<Answer<Result>>(answer));
  }

  /** Sends a picture; gives the id that an edit names it by. */
  async upload(bytes: Uint8Array, kind: "SOURCE" | "MASK" = "SOURCE"): Promise<string> {
    return (await this.#put(bytes, kind)).imageId!;
  }

  /** Sends a file that is to be verified; gives the upload's id. */
  async uploadFile(bytes: Uint8Array): Promise<string> {
    return (await this.#put(bytes, "VERIFY")).uploadId!;
  }

  /** The bytes behind a signed link. */
  async download(url: string): Promise<Uint8Array> {
    const answer = await this.#fetch(url, {});
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    throw new Refused("NOT_FOUND", `the link does not open (HTTP ${answer.status})`);
  }

  /** What happens to an edit, from the past on until its end; a cut connection is taken up where it broke. */
  async *progress(editId: string, previews = false): AsyncGenerator<ProgressPartsFragment> {
    this.#socket ??= createClient({
      url: `${this.#url.replace(/^http/, "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: this.#headers,
      retryAttempts: 10,
      shouldRetry: (problem) => !isRefusal(problem),
    });
    const query = ProgressDocument.toString();
    let after = 0;
    const answers = this.#socket.iterate({ query, variables: { editId, after, previews } });
    for await (const answer of explained(answers)) {
      const { progress } = dataOf(answer as Answer<{ progress: ProgressPartsFragment }>);
      // A socket that was opened anew begins with the past.
      if (progress.seq <= after) continue;
      after = progress.seq;
      yield progress;
    }
  }

  async #put(bytes: Uint8Array, kind: UploadKind): Promise<Uploaded> {
    const type = sniff(bytes);
    if (type === undefined) throw new Refused("IMAGE_UNSUPPORTED", "the file is no JPEG, PNG, WebP or AVIF image");
    const input = { contentType: `image/${type}`, byteLength: bytes.length, kind };
    const { createUpload } = await this.ask(CreateUploadDocument, { input });
    const answer = await this.#fetch(createUpload.url, { method: "PUT", body: bytes });
    return this.#read<Uploaded>(answer);
  }

  /** What the server says. Another program may have answered in its place, such as a proxy. */
  async #read<Body>(answer: Response): Promise<Body> {
    const body = await answer.json().catch(() => undefined);
    const refused = refusal.safeParse(body);
    if (refused.success) throw errorOf(refused.data.error.message, refused.data.error);
    if (typeof body === "object" && body !== null && (answer.ok || "errors" in body)) return body as Body;
    const what = `at ${this.#url} answers what is no Pentimento, or a proxy before one (HTTP ${answer.status})`;
    throw new Failed("MODEL_UNAVAILABLE", what, { retryable: answer.status >= 500 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket?.dispose();
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    return fetch(url, init).catch((cause: Error & { cause?: { code?: string } }) => {
      const why = cause.cause?.code ?? cause.message;
      throw new Failed("MODEL_UNAVAILABLE", `no server answers at ${this.#url} (${why})`, { retryable: true, cause });
    });
  }
}

/** What the server closes a socket with that it will not open again: the key has ended, or the account is suspended. */
const refusals: readonly number[] = [CloseCode.Unauthorized, CloseCode.Forbidden];

function isRefusal(problem: unknown): boolean {
  return isLikeCloseEvent(problem) && refusals.includes(problem.code);
}

/** The same stream, its end told in our words where the server closed the socket. */
async function* explained<Value>(stream: AsyncIterable<Value>): AsyncGenerator<Value> {
  try {
    yield* stream;
  } catch (error) {
    if (!isLikeCloseEvent(error)) throw error;
    if (isRefusal(error)) throw new Refused("FORBIDDEN", `the server closed the connection: ${error.reason}`);
    throw new Failed("INTERNAL", `the connection was cut (${error.code})`, { retryable: true });
  }
}

interface LikeCloseEvent {
  readonly code: number;
  readonly reason: string;
}

function isLikeCloseEvent(value: unknown): value is LikeCloseEvent {
  return typeof value === "object" && value !== null && "code" in value && "reason" in value;
}

function dataOf<Result>({ data, errors }: Answer<Result>): Result {
  const [error] = errors ?? [];
  if (error === undefined && data != null) return data;
  throw errorOf(error?.message ?? "the server answered nothing", error?.extensions);
}

/** The error that a server tells, as it was thrown there. */
function errorOf(message: string, { code, retryable = false, faults = [] }: Extensions = {}): Refused | Failed {
  const known = errorCodes.find((one) => one === code) ?? "INTERNAL";
  if (retryable || known === "INTERNAL") return new Failed(known, message, { retryable });
  return new Refused(known, message, faults);
}
