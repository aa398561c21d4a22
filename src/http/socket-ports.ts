import type { ApolloServer } from "@apollo/server";
import type { GraphQLSchema } from "graphql";
import { Refused } from "../core/errors.ts";
import type { ProgressEvent } from "../core/progress.ts";
import { complexityRules, executionOptions, parseOptions } from "../graphql/complexity.ts";
import { authenticateBearer, type Context, contextFor } from "../graphql/context.ts";
import { formatError } from "../graphql/errors.ts";
import type { Services } from "../graphql/services.ts";
import type { GraphqlSocketPorts } from "./graphql-socket.ts";

/** What sockets need of GraphQL: the same authentication, rules and words for errors as over HTTP. */
export function socketPorts(
  services: Services,
  schema: GraphQLSchema,
  apollo: ApolloServer<Context>,
  report: (error: unknown) => void,
): GraphqlSocketPorts {
  return {
    schema,
    rules: complexityRules,
    parseOptions,
    executionOptions,
    authenticate: async ({ authorization }) => {
      const known = await authenticateBearer(services, authorization);
      if (known === undefined)
        throw new Refused("UNAUTHENTICATED", 'connectionParams need { authorization: "Bearer <key>" }');
      return known.viewer;
    },
    mayServe: (accountId) => !services.standings.isSuspended(accountId),
    contextFor: (viewer) => contextFor(services, viewer),
    execute: async ({ query, operationName, variables }, viewer) => {
      const { body } = await apollo.executeOperation(
        { query, ...(operationName && { operationName }), ...(variables && { variables }) },
        { contextValue: contextFor(services, viewer) },
      );
      if (body.kind !== "single") throw new Error("assertion: an answer in parts");
      return body.singleResult as Awaited<ReturnType<GraphqlSocketPorts["execute"]>>;
    },
    formatError: (error) => formatError(error.toJSON(), error, report),
    shared: { progress: "replay", activity: "live" },
    supersedes: (event) => {
      const progress = event as ProgressEvent;
      return progress.kind === "step" ? `${progress.editId}.${progress.index}` : undefined;
    },
  };
}
