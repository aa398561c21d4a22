import { type Client, CloseCode, createClient } from "graphql-ws";
import {
  ActivityDocument,
  CaseOpenedDocument,
  type CasePartsFragment,
  ProgressDocument,
  type ProgressPartsFragment,
} from "../../schema/generated/graphql.ts";
import { type Answer, ApiError, dataOf } from "./api.ts";
import { randomShare } from "./chance.ts";
import { keepAlive } from "./keep-alive.ts";
import { after } from "./timer.ts";

/** Before another attempt at the socket: doubled with each, and up to half of it by chance less, so that not all come at once. */
const retryMs = { first: 500, most: 10_000 } as const;

interface Listener<Value> {
  readonly onValue: (value: Value) => void;
  readonly onError: (error: ApiError) => void;
}

/** Is told what becomes of the socket. */
interface Watcher {
  /** `again`: it had broken, and what happened meanwhile was not told. */
  readonly onOpen: (again: boolean) => void;
  /** It broke, and is being opened anew. */
  readonly onBreak: () => void;
  /** The server closed it because the key, the account or its role is no longer what it was. */
  readonly onStanding: () => void;
}

/** Subscriptions over one socket, which opens with the first and is opened anew whenever it breaks. */
export class Live {
  readonly #client: Client;

  constructor(key: string, { onOpen, onBreak, onStanding }: Watcher) {
    const alive = keepAlive(() => this.#client.terminate());
    this.#client = createClient({
      ...alive,
      url: `${location.origin.replace(/^http/, "ws")}/graphql`,
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: Number.POSITIVE_INFINITY,
      // A server that is not up again yet refuses the attempt, which the library by itself takes for the end.
      shouldRetry: (problem) => !isRefusal(problem),
      retryWait: (retries) => pause(Math.min(retryMs.first * 2 ** retries, retryMs.most) * (1 - randomShare() / 2)),
      on: {
        ...alive.on,
        connected: (_socket, _payload, again) => onOpen(again),
        closed: (event) => {
          alive.on.closed();
          if (isRefusal(event) || (event as CloseEvent).code === otherRole) onStanding();
          if (!isRefusal(event)) onBreak();
        },
      },
    });
  }

  /** What happens to an edit, from its beginning to its end. Gives what ends the subscription. */
  progress(editId: string, listener: Listener<ProgressPartsFragment>): () => void {
    const variables = { editId, after: 0, previews: true };
    return this.#subscribe<{ progress: ProgressPartsFragment }>(ProgressDocument.toString(), variables, {
      onValue: ({ progress }) => {
        // The client sends these very variables again on a new socket: it goes on where the old one broke.
        variables.after = progress.seq;
        listener.onValue(progress);
      },
      onError: listener.onError,
    });
  }

  /** What happens to all edits of the account from now on. */
  activity(listener: Listener<ProgressPartsFragment>): () => void {
    return this.#subscribe<{ activity: ProgressPartsFragment }>(
      ActivityDocument.toString(),
      {},
      { onValue: ({ activity }) => listener.onValue(activity), onError: listener.onError },
    );
  }

  /** Cases as they are opened. */
  cases(listener: Listener<CasePartsFragment>): () => void {
    return this.#subscribe<{ caseOpened: CasePartsFragment }>(
      CaseOpenedDocument.toString(),
      {},
      { onValue: ({ caseOpened }) => listener.onValue(caseOpened), onError: listener.onError },
    );
  }

  /** Calls back when the socket opens and had not broken. Gives what calls that off. */
  onFirstOpen(callback: () => void): () => void {
    return this.#client.on("connected", (_socket, _payload, again) => again || callback());
  }

  close(): void {
    void this.#client.dispose();
  }

  #subscribe<Result>(query: string, variables: Record<string, unknown>, listener: Listener<Result>): () => void {
    return this.#client.subscribe<Result, unknown>(
      { query, variables },
      {
        next: (answer) => {
          try {
            listener.onValue(dataOf(answer as Answer<Result>));
          } catch (error) {
            listener.onError(error as ApiError);
          }
        },
        // A refusal is said once, by whoever watches the socket.
        error: (error) => isRefusal(error) || listener.onError(socketError(error)),
        complete: () => {},
      },
    );
  }
}

/** What the server closes a socket with that it will not open again: the key has ended, or the account is suspended. */
const refusals: readonly number[] = [CloseCode.Unauthorized, CloseCode.Forbidden];

/** What the server closes a socket with whose account has been given another role; it may be opened again at once. */
const otherRole = 1012;

function isRefusal(problem: unknown): boolean {
  return refusals.includes((problem as Partial<CloseEvent>).code!);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    after(ms, resolve);
  });
}

function socketError(error: unknown): ApiError {
  const [first] = Array.isArray(error) ? (error as NonNullable<Answer<never>["errors"]>) : [];
  if (first !== undefined) return new ApiError(first.extensions?.code ?? "INTERNAL", first.message);
  return new ApiError("UNREACHABLE", "Live progress broke off.");
}
