import { ApolloServer } from "@apollo/server";
import type { GraphQLSchema } from "graphql";
import { complexityRules } from "./complexity.ts";
import type { Context } from "./context.ts";
import { formatError } from "./errors.ts";

/** The server behind `/graphql`; it listens to nothing itself. Errors that are masked go to `report`. */
export async function startApollo(
  schema: GraphQLSchema,
  report: (error: unknown) => void,
): Promise<ApolloServer<Context>> {
  const server = new ApolloServer<Context>({
    schema,
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
