import type { LevelFigures } from '../../control-plane-figures.ts';
import type { Saveable } from '../../kernel/saveable.ts';
import { lendSeats } from './borrowing.ts';
import type { Demand } from './borrowing.ts';
import type { FlowConfiguration } from './configuration.ts';
import { nominalSeats } from './levels.ts';
import type { PriorityLevel } from './levels.ts';
import { Seats } from './seats.ts';

interface Row {
  readonly seats: Seats<number>;
  demand: Demand;
}

interface State {
  readonly levels: readonly PriorityLevel[];
  readonly servers: readonly (readonly { readonly seats: unknown; readonly demand: Demand }[])[];
}

/**
 * Every server's seats by priority level. A level keeps its number as long as the run lasts, since requests under way
 * carry it; one that is removed gets no new requests and serves those that it has.
 */
export class LevelSeats implements Saveable {
  readonly #total: number;
  #levels: PriorityLevel[] = [];
  #numbers = new Map<string, number>();
  /** By server and level. */
  #servers: Row[][];
  /** Numbers of the levels that there are. */
  #current: readonly number[] = [];

  /** @param total - seats of one server */
  constructor(servers: number, total: number, configuration: FlowConfiguration) {
    this.#total = total;
    this.#servers = Array.from({ length: servers }, () => []);
    this.configure(configuration);
  }

  /** Takes on a new configuration: levels appear, change their seats and queues, or go. */
  configure({ levels }: FlowConfiguration): void {
    const nominal = nominalSeats(levels, this.#total);
    this.#current = levels.map((level, index) => {
      const number = this.#numbers.get(level.name) ?? this.#levels.length;
      const isNew = number === this.#levels.length;
      this.#levels[number] = level;
      this.#numbers.set(level.name, number);
      const seats = nominal[index] as number;
      for (const rows of this.#servers) {
        if (isNew) rows.push({ seats: new Seats<number>(level, seats), demand: { smoothed: seats } });
        else (rows[number] as Row).seats.change(level, seats);
      }
      return number;
    });
  }

  /** The number of a level by its name. */
  numberOf(name: string): number {
    return this.#numbers.get(name) as number;
  }

  at(server: number, level: number): Seats<number> {
    return (this.#rows(server)[level] as Row).seats;
  }

  /** All of a server's, those of removed levels as well. */
  of(server: number): readonly Seats<number>[] {
    return this.#rows(server).map(({ seats }) => seats);
  }

  #rows(server: number): readonly Row[] {
    return this.#servers[server] as Row[];
  }

  /** Lets a server's levels lend each other seats. */
  lend(server: number): void {
    const rows = this.#current.map((level) => this.#rows(server)[level] as Row);
    lendSeats(
      rows.map(({ seats }) => seats),
      rows.map(({ demand }) => demand),
    );
  }

  /** A server has lost what it had in hand; answers who waited. */
  clear(server: number): readonly number[] {
    const waited = this.#rows(server).flatMap(({ seats }) => seats.clear().map(({ load }) => load));
    this.#servers[server] = this.#rows(server).map(({ seats: { level, nominal }, demand }) => ({
      seats: new Seats<number>(level, nominal),
      demand,
    }));
    return waited;
  }

  /** The levels' states over all servers. */
  get figures(): readonly LevelFigures[] {
    return this.#current.map((level) => {
      const rows = this.#servers.map((levels) => (levels[level] as Row).seats);
      const sum = (of: (seats: Seats<number>) => number): number => rows.reduce((all, seats) => all + of(seats), 0);
      return {
        name: (this.#levels[level] as PriorityLevel).name,
        nominal: sum((one) => one.nominal),
        limit: sum((one) => one.limit),
        inUse: sum((one) => one.inUse),
        waiting: sum((one) => one.waiting),
      };
    });
  }

  save(): unknown {
    return {
      levels: [...this.#levels],
      current: [...this.#current],
      servers: this.#servers.map((rows) =>
        rows.map(({ seats, demand }) => ({ seats: seats.save(), demand: { ...demand } })),
      ),
    };
  }

  restore(saved: unknown): void {
    const { levels, current, servers } = saved as State & { readonly current: readonly number[] };
    this.#levels = [...levels];
    this.#current = [...current];
    this.#numbers = new Map(levels.map(({ name }, number) => [name, number]));
    this.#servers = servers.map((rows) =>
      rows.map(({ seats: state, demand }, number) => {
        const seats = new Seats<number>(levels[number] as PriorityLevel, 0);
        seats.restore(state);
        return { seats, demand: { ...demand } };
      }),
    );
  }
}
