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

/** Documents kept, and the length up to which one is: a client's own are few and short. */
const documentsMax = 500;
const cachedLengthMax = 20_000;

/** Parsed and validated documents by their text: a page that opens a thousand subscriptions sends one text. */
export class DocumentCache {
  readonly #schema: GraphQLSchema;
  readonly #rules: readonly ValidationRule[];
  readonly #parseOptions: ParseOptions;
  readonly #documents = new Map<string, DocumentNode>();

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
    if (text.length <= cachedLengthMax) this.#keep(text, document);
    return document;
  }

  #keep(text: string, document: DocumentNode): void {
    this.#documents.set(text, document);
    if (this.#documents.size <= documentsMax) return;
    // The oldest, not the least used: a flood of texts costs a parse each, and that is all.
    for (const oldest of this.#documents.keys()) {
      this.#documents.delete(oldest);
      break;
    }
  }
}
