/** Runs work under a key once at a time; whoever asks meanwhile gets the same promise. */
export class SingleFlight<Value> {
  readonly #flights = new Map<string, Promise<Value>>();

  has(key: string): boolean {
    return this.#flights.has(key);
  }

  run(key: string, work: () => Promise<Value>): Promise<Value> {
    const flight = this.#flights.get(key);
    if (flight !== undefined) return flight;
    const started = work().finally(() => this.#flights.delete(key));
    this.#flights.set(key, started);
    return started;
  }
}
