import { CreateUploadDocument, type TypedDocumentString, type UploadKind } from "../../schema/generated/graphql.ts";
import { typeOf } from "./file-type.ts";

/** What went wrong, by one of the API's codes; `UNREACHABLE` when no server answered. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  readonly faults: readonly string[];

  constructor(code: string, message: string, faults: readonly string[] = []) {
    super(message);
    this.code = code;
    this.faults = faults;
  }
}

export interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly faults?: readonly string[] };
  }[];
}

export interface Uploaded {
  readonly imageId: string;
  readonly width: number;
  readonly height: number;
}

/** Refusals that the page would not have let somebody run into, had it known. */
const overtaken: readonly string[] = ["POLICY_NOT_ACCEPTED", "ACCOUNT_SUSPENDED"];

/** The API, for one key. Throws `ApiError`. */
export class Api {
  readonly #key: string | undefined;
  readonly #onOvertaken: () => void;

  /**
   * @param key absent for what needs none
   * @param onOvertaken is told when an answer says that the account is not what it was
   */
  constructor(key?: string, onOvertaken = () => {}) {
    this.#key = key;
    this.#onOvertaken = onOvertaken;
  }

  async ask<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    // The browser would not send it at all.
    if (this.#key !== undefined && !/^[\x21-\x7e]+$/.test(this.#key))
      throw new ApiError("UNAUTHENTICATED", "There is a character in this key that no key has.");
    const response = await reach("/graphql", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(this.#key !== undefined && { authorization: `Bearer ${this.#key}` }),
      },
      body: JSON.stringify({ query: document.toString(), variables }),
    });
    const answer = await jsonOf<Answer<Result>>(response);
    if (overtaken.includes(answer.errors?.[0]?.extensions?.code ?? "")) this.#onOvertaken();
    return dataOf(answer);
  }

  /** Sends a picture, whose content the server checks on arrival. */
  async upload(file: Blob): Promise<Uploaded> {
    return this.#put<Uploaded>(file, "SOURCE");
  }

  /** Sends a file that is to be verified; gives the upload's id. */
  async uploadFile(file: Blob): Promise<string> {
    return (await this.#put<{ readonly uploadId: string }>(file, "VERIFY")).uploadId;
  }

  async #put<Received>(file: Blob, kind: UploadKind): Promise<Received> {
    const contentType = await typeOf(file).catch(() => {
      throw new ApiError("IMAGE_UNREADABLE", "The browser cannot read the file.");
    });
    const input = { contentType, byteLength: file.size, kind };
    const { createUpload } = await this.ask(CreateUploadDocument, { input });
    const response = await reach(here(createUpload.url), { method: "PUT", body: file });
    const body = await jsonOf<Received & { error?: { code: string; message: string } }>(response);
    if (response.ok) return body;
    throw new ApiError(body.error?.code ?? "INTERNAL", body.error?.message ?? "the upload failed");
  }
}

/**
 * A signed address on the page's own origin. What is signed is path and parameters, and the page may load from its own
 * origin alone, which can be written in two ways (localhost, 127.0.0.1).
 */
export function here(url: string): string {
  const { pathname, search } = new URL(url, location.origin);
  return pathname + search;
}

export function dataOf<Result>({ data, errors }: Answer<Result>): Result {
  const [error] = errors ?? [];
  if (error === undefined && data != null) return data;
  const { code = "INTERNAL", faults = [] } = error?.extensions ?? {};
  throw new ApiError(code, error?.message ?? "the server answered nothing", faults);
}

/** A file of the server's, by an address of its own origin. Throws `ApiError`. */
export async function fileOfServer(path: string): Promise<Blob> {
  const response = await reach(path, {});
  if (response.ok) return response.blob();
  throw new ApiError("INTERNAL", `The server answered with HTTP ${response.status}.`);
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  return fetch(path, init).catch(() => {
    throw new ApiError("UNREACHABLE", "The server does not answer.");
  });
}

async function jsonOf<Body>(response: Response): Promise<Body> {
  return response.json().catch(() => {
    throw new ApiError("INTERNAL", `The server answered with HTTP ${response.status} and no JSON.`);
  });
}
