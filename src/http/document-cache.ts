import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type ParseOptions,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";

/** Documents kept, and the length up to which one is: a client's own are few and short. */
const documentsMax = 500;
const cachedLengthMax = 20_000;

/** Parsed and validated documents by their text: a page that opens a thousand subscriptions sends one text. */
export class DocumentCache {
  readonly #schema: GraphQLSchema;
  readonly #rules: readonly ValidationRule[];
  readonly #parseOptions: ParseOptions;
  readonly #documents = new LRUCache<string, DocumentNode>({ max: documentsMax });

  /** `rules` hold beside those of the specification. */
  constructor(schema: GraphQLSchema, rules: readonly ValidationRule[], parseOptions: ParseOptions) {
    this.#schema = schema;
    this.#parseOptions = parseOptions;
    this.#rules = [...specifiedRules, ...rules];
  }

  /** The document, or what is wrong with it. Throws `GraphQLError` when it cannot be parsed. */
  read(text: string): DocumentNode | readonly GraphQLError[] {
    const known = this.#documents.get(text);
    if (known !== undefined) return known;
    const document = parse(text, this.#parseOptions);
    const errors = validate(this.#schema, document, this.#rules);
    if (errors.length > 0) return errors;
    if (text.length <= cachedLengthMax) this.#documents.set(text, document);
    return document;
  }
}
