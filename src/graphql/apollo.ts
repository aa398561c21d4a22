import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from "graphql";
import { Refused } from "../core/errors.ts";
import { complexityRules, executionOptions, parseOptions } from "./complexity.ts";
import type { Context } from "./context.ts";
import { formatError } from "./errors.ts";

/** Executed as if it were a query, a subscription would call the resolvers of events that there are not. */
const subscriptionsRefused: ApolloServerPlugin<Context> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
      const message = "a subscription is followed over WebSocket (graphql-transport-ws), at the same path";
      const originalError = new Refused("BAD_INPUT", message);
      throw new GraphQLError(message, { originalError, extensions: { http: { status: 400 } } });
    },
  }),
};

/**
 * What Apollo would do unasked: look at every field for caching hints, answer browsers with a page from its own servers,
 * and report to them when the environment holds a key of theirs.
 */
const plugins = [
  ApolloServerPluginCacheControlDisabled(),
  ApolloServerPluginLandingPageDisabled(),
  ApolloServerPluginInlineTraceDisabled(),
  ApolloServerPluginSchemaReportingDisabled(),
  ApolloServerPluginUsageReportingDisabled(),
];

/** The server behind `/graphql`; it listens to nothing itself. Errors that are masked go to `report`. */
export async function startApollo(
  schema: GraphQLSchema,
  report: (error: unknown) => void,
): Promise<ApolloServer<Context>> {
  const server = new ApolloServer<Context>({
    schema,
    plugins: [...plugins, subscriptionsRefused],
    parseOptions,
    executionOptions,
    validationRules: [...complexityRules],
    introspection: true,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => formatError(formatted, error, report),
  });
  await server.start();
  return server;
}
