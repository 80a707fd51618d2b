/** Runs one load for any number of callers of the same key. A failed load reaches all of them, and is forgotten. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  run(key: string, load: () => Promise<T>): Promise<T> {
    const flying = this.#flights.get(key);
    if (flying !== undefined) return flying;
    const flight = load();
    this.#flights.set(key, flight);
    const land = () => {
      this.#flights.delete(key);
    };
    flight.then(land, land);
    return flight;
  }
}
