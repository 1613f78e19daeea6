import type { Arrival, ArrivalSource } from '../../sim/arrivals.ts';

/** Arrivals of which each is a function of its number: nothing to remember but the number of the next. */
export class IndexedSource implements ArrivalSource {
  readonly name: string;
  readonly #make: (index: number) => Arrival | undefined;
  #index = 0;

  /** `make` answers undefined from the number on at which no more will come. */
  constructor(name: string, make: (index: number) => Arrival | undefined) {
    this.name = name;
    this.#make = make;
  }

  next(): Arrival | undefined {
    const arrival = this.#make(this.#index);
    if (arrival !== undefined) this.#index++;
    return arrival;
  }

  save(): number {
    return this.#index;
  }

  restore(saved: unknown): void {
    this.#index = saved as number;
  }
}
