import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type ParseOptions,
  type ValidationRule,
} from "graphql";
import {
  CloseCode,
  type Context,
  type ExecutionResult,
  makeServer,
  type Server,
  type SubscribePayload,
} from "graphql-ws";
import type { WebSocket } from "ws";
import type { Viewer } from "../core/account.ts";
import { Refused } from "../core/errors.ts";
import { DocumentCache } from "./document-cache.ts";
import type { Log } from "./log.ts";
import { OperationIds, outer, outerId } from "./operation-ids.ts";
import type { Outbox } from "./outbox.ts";
import { type SharedFrom, SharedSubscriptions } from "./shared-subscriptions.ts";

/** What a client shows to be let in, in the payload of its `connection_init`. */
export interface Credentials {
  /** "Bearer …" */
  readonly authorization?: string;
}

export interface GraphqlSocketPorts {
  readonly schema: GraphQLSchema;
  /** Beside those of the specification. */
  readonly rules: readonly ValidationRule[];
  readonly parseOptions: ParseOptions;
  readonly executionOptions: NonNullable<ExecutionArgs["options"]>;
  /** Throws `Refused` for whoever may not come in. */
  authenticate(credentials: Credentials): Promise<Viewer>;
  /** Whether the account is in good standing at this moment; answered from memory. */
  mayServe(accountId: string): boolean;
  /** For a subscription; made anew for each of its events. */
  contextFor(viewer: Viewer): unknown;
  /** Runs a query or a mutation, with all that holds for one that came over HTTP. */
  execute(payload: SubscribePayload, viewer: Viewer): Promise<FormattedExecutionResult>;
  formatError(error: GraphQLError): GraphQLFormattedError;
  /** Which subscriptions, by field, are shared by all who ask the same; every other runs for each client. */
  readonly shared: Readonly<Record<string, SharedFrom>>;
  /** See `SubscriptionPorts`. */
  supersedes(event: unknown): string | undefined;
  /** Sockets that one account may hold; 64 when left out. */
  readonly socketsPerAccountMax?: number;
}

/** Operations that run at once on one socket; each holds a place in the server's memory. */
const operationsMax = 32;
/** A person's tabs and a program's workers. */
const socketsPerAccountDefault = 64;
const initMsMax = 10_000;

/** One socket, as the server sees it from outside. */
export interface Connection {
  /** Known once its `connection_init` was accepted. */
  readonly viewer: Viewer | undefined;
  /** Operations that run on it. */
  readonly operations: number;
  /** Ends all its operations; nothing more is read from it. May be called again. */
  end(code: number, reason: string): void;
}

interface Extra {
  readonly socket: WebSocket;
  readonly outbox: Outbox;
  context?: Context<Record<string, unknown>, Extra>;
  viewer?: Viewer;
}

type SocketContext = Context<Record<string, unknown>, Extra>;

/** What `onSubscribe` hands to `subscribe` and `execute`, whom the library tells nothing of the socket. */
interface Call {
  /** The inner one, see `OperationIds`. */
  readonly id: string;
  readonly extra: Extra;
  readonly viewer: Viewer;
  readonly payload: SubscribePayload;
  readonly operation: OperationDefinitionNode;
}

/**
 * graphql-transport-ws, kept by graphql-ws: it owns handshake, ids, order and ends. What it does not do is done here:
 * results of a subscription go from the shared execution straight to the outbox, as JSON that was made once.
 */
export class GraphqlProtocol {
  readonly #ports: GraphqlSocketPorts;
  readonly #socketsOf: (accountId: string) => number;
  readonly #log: Log;
  readonly #documents: DocumentCache;
  readonly #subscriptions: SharedSubscriptions;
  readonly #server: Server<Extra>;

  /** `socketsOf` counts the open sockets of an account. */
  constructor(ports: GraphqlSocketPorts, socketsOf: (accountId: string) => number, log: Log) {
    this.#ports = ports;
    this.#socketsOf = socketsOf;
    this.#log = log;
    this.#documents = new DocumentCache(ports.schema, ports.rules, ports.parseOptions);
    this.#subscriptions = new SharedSubscriptions({
      supersedes: ports.supersedes,
      stringify: (result) => JSON.stringify(this.#format(result)),
    });
    this.#server = makeServer<Record<string, unknown>, Extra>({
      connectionInitWaitTimeout: initMsMax,
      onConnect: (context) => this.#admit(context),
      onSubscribe: ({ extra, subscriptions }, id, payload) => {
        // The library has counted the new one already.
        if (Object.keys(subscriptions).length > operationsMax) return [tooMany()];
        return this.#prepare(extra, id, payload);
      },
      subscribe: (args) => this.#follow(args),
      execute: async ({ contextValue }) => {
        const { payload, viewer } = contextValue as Call;
        // Formatted already, which the library's type does not foresee.
        return (await ports.execute(payload, viewer)) as ExecutionResult;
      },
      onNext: (_context, _id, _payload, _args, result) => this.#format(result),
      onError: (_context, _id, _payload, errors) => errors.map((error) => this.#formatError(error)),
    });
  }

  open(socket: WebSocket, outbox: Outbox): Connection {
    const extra: Extra = { socket, outbox };
    const ids = new OperationIds(() => Object.keys(extra.context?.subscriptions ?? {}));
    let open = true;
    const ended = this.#server.opened(
      {
        protocol: socket.protocol,
        send: (text) => outbox.send(outer(text)),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on("message", (data) => {
            // In a promise from the start: what a listener throws ends the process.
            const take = async () => (open ? receive(ids.inner(String(data))) : undefined);
            take().catch((error: unknown) => {
              this.#log.error("a message over WebSocket failed", { err: error });
              socket.close(CloseCode.InternalServerError, "Internal server error");
            });
          }),
      },
      extra,
    );
    return {
      get viewer() {
        return extra.viewer;
      },
      get operations() {
        return Object.keys(extra.context?.subscriptions ?? {}).length;
      },
      end(code, reason) {
        if (!open) return;
        open = false;
        void ended(code, reason);
      },
    };
  }

  async #admit(context: SocketContext): Promise<boolean> {
    const { extra, connectionParams = {} } = context;
    extra.context = context;
    const authorization = connectionParams.authorization ?? connectionParams.Authorization;
    const refuse = (code: number, reason: string) => {
      extra.socket.close(code, reason);
      return false;
    };
    try {
      const shown = typeof authorization === "string" ? { authorization } : {};
      const viewer = await this.#ports.authenticate(shown);
      // The account may have lost its standing while the database was asked.
      if (!this.#ports.mayServe(viewer.accountId)) return refuse(CloseCode.Forbidden, "The account is suspended");
      const { socketsPerAccountMax: socketsMax = socketsPerAccountDefault } = this.#ports;
      if (this.#socketsOf(viewer.accountId) >= socketsMax) {
        return refuse(tryLater, `The account has ${socketsMax} sockets already`);
      }
      extra.viewer = viewer;
      return true;
    } catch (error) {
      if (error instanceof Refused) return refuse(CloseCode.Forbidden, closeReason(error.message));
      // The library's own code for it, 4500, has its clients give up for good.
      this.#log.error("who opens a socket could not be told", { err: error });
      return refuse(tryLater, "Internal server error");
    }
  }

  #prepare(extra: Extra, id: string, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[] {
    try {
      const document = this.#documents.read(payload.query);
      if (!("kind" in document)) return document;
      const operation = getOperationAST(document, payload.operationName);
      if (!operation) return [unknownOperation(payload.operationName)];
      const call: Call = { id, extra, viewer: extra.viewer!, payload, operation };
      return {
        schema: this.#ports.schema,
        document,
        options: this.#ports.executionOptions,
        contextValue: call,
        ...(payload.operationName ? { operationName: payload.operationName } : {}),
        ...(payload.variables ? { variableValues: payload.variables } : {}),
      };
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      // A document that is nested too deeply ends no other operation of the socket.
      if (error instanceof RangeError) return [new GraphQLError(error.message, { originalError: error })];
      throw error;
    }
  }

  /**
   * An iterator that gives nothing: results go past it, and it ends or fails when the subscription does. The library
   * calls `next` once, and `return` when the client, or its socket, has gone.
   */
  #follow({ contextValue, ...args }: ExecutionArgs): AsyncGenerator<ExecutionResult> {
    const { id, extra, viewer, payload, operation } = contextValue as Call;
    const from = this.#ports.shared[fieldOf(operation) ?? ""];
    const key = from && JSON.stringify([viewer.accountId, viewer.role, payload]);
    const sharedArgs = { ...args, context: () => this.#ports.contextFor(viewer) };
    const head = `{"id":${JSON.stringify(outerId(id))},"type":"next","payload":`;
    let leave = () => {};
    const done = { done: true, value: undefined } as const;
    const iterator = {
      [Symbol.asyncIterator]: () => iterator,
      next: () =>
        new Promise<typeof done>((resolve, reject) => {
          const end = () => resolve(done);
          const next = (text: string, supersedes?: string) => extra.outbox.send(`${head}${text}}`, id, supersedes);
          const unsubscribe = this.#subscriptions.join(key, from ?? "live", sharedArgs, { next, end, fail: reject });
          leave = () => {
            unsubscribe();
            extra.outbox.forget(id);
            end();
          };
        }),
      return: async () => {
        leave();
        return done;
      },
    };
    return iterator as unknown as AsyncGenerator<ExecutionResult>;
  }

  #format(result: ExecutionResult): FormattedExecutionResult {
    const { errors } = result;
    const formatted = errors && { errors: errors.map((error) => this.#formatError(error)) };
    return { ...result, ...formatted } as FormattedExecutionResult;
  }

  #formatError(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
    return error instanceof GraphQLError ? this.#ports.formatError(error) : error;
  }
}

/** After which an operation more may find room. */
const retryMs = 1_000;

/** WebSocket's own "try again later". */
const tryLater = 1013;

function tooMany(): GraphQLError {
  const message = `${operationsMax} operations run on this socket already; end one, or open another socket`;
  return new GraphQLError(message, { originalError: new Refused("RATE_LIMITED", message, [], retryMs) });
}

function unknownOperation(name: unknown): GraphQLError {
  const several = "the document has several operations; operationName says which";
  return new GraphQLError(name ? `Unknown operation named "${name}".` : several);
}

/** The one field of a subscription; undefined where it hides in a fragment. */
function fieldOf({ selectionSet }: OperationDefinitionNode): string | undefined {
  const [selection] = selectionSet.selections;
  return selection?.kind === Kind.FIELD ? selection.name.value : undefined;
}

/** A close frame has room for 123 bytes. */
function closeReason(message: string): string {
  return Buffer.byteLength(message) <= 123 ? message : "Forbidden";
}
