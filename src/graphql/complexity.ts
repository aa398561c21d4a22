import { costLimitRule } from "@escape.tech/graphql-armor-cost-limit";
import { maxAliasesRule } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthRule } from "@escape.tech/graphql-armor-max-depth";
import { GraphQLError, type ValidationContext, type ValidationRule } from "graphql";

/**
 * What one request may ask. The studio's largest query has depth 7 and costs 1,900; a page of 100 edits with their
 * pictures stays under the cost, a page of pages does not.
 */
const limits = { depth: 12, aliases: 30, cost: 20_000 } as const;

/** Reported like every other fault of a document, under our own code. */
const refusal = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError) => {
      const message = error.message.replace(/^Syntax Error: /, "");
      context?.reportError(new GraphQLError(message, { extensions: { tooComplex: true } }));
    },
  ],
};

/** Rules beside those of the specification, for HTTP and WebSocket alike. */
export const complexityRules: readonly ValidationRule[] = [
  maxDepthRule({ n: limits.depth, flattenFragments: true, ...refusal }),
  maxAliasesRule({ n: limits.aliases, ...refusal }),
  costLimitRule({ maxCost: limits.cost, flattenFragments: true, ...refusal }),
] as unknown as readonly ValidationRule[];
