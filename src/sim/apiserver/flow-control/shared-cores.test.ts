import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../../kernel/kernel.ts';
import type { HandlerId } from '../../kernel/kernel.ts';
import { millis, seconds } from '../../kernel/time.ts';
import { SharedCores } from './shared-cores.ts';

let kernel: Kernel;
let cores: SharedCores;
let done: HandlerId;
let begin: HandlerId;
let heard: string[];

function build(): void {
  kernel = new Kernel({ seed: 1 });
  heard = [];
  // The first machine has one core, the second two.
  cores = new SharedCores(kernel, 'cores', [1, 2]);
  done = kernel.register('done', (_a, _b, name) => heard.push(`${String(name)} ${kernel.now / seconds(1)}`));
  begin = kernel.register('begin', (machine, micros, name) => cores.take(machine, micros, done, name));
}

beforeEach(build);

const at = (time: number, machine: number, work: number, name: string): void =>
  void kernel.at(seconds(time), begin, machine, seconds(work), name);

describe('machines whose cores are shared', () => {
  it('give a piece of work a core while there are enough', () => {
    at(0, 1, 3, 'a');
    at(1, 1, 1, 'b');
    kernel.run();
    expect(heard).toEqual(['b 2', 'a 3']);
  });

  it('divide them equally where there are not', () => {
    at(0, 0, 3, 'a');
    at(1, 0, 1, 'b');
    kernel.run();
    // Half a core each from 1 s on: b is done after two seconds, and a has then one of its three left.
    expect(heard).toEqual(['b 3', 'a 4']);
  });

  it('are busy all the time: three pieces on two cores take as long as their sum', () => {
    for (const name of ['a', 'b', 'c']) at(0, 1, 2, name);
    kernel.run();
    expect(heard).toEqual(['a 3', 'b 3', 'c 3']);
  });

  it('let short work in after the slices of those before it', () => {
    expect(cores.wait(1)).toBe(0);
    for (let i = 0; i < 2; i++) cores.take(1, seconds(1), done, 'long');
    expect(cores.wait(1)).toBe(millis(5));
    for (let i = 0; i < 2; i++) cores.take(1, seconds(1), done, 'long');
    expect(cores.wait(1)).toBe(millis(15));
    expect(cores.wait(0)).toBe(0);
  });

  it('tell of all that is under way when it is dropped', () => {
    at(0, 0, 3, 'a');
    at(0, 0, 5, 'b');
    kernel.run({ until: seconds(1) });
    cores.drop(0);
    kernel.run();
    expect(heard).toEqual(['a 1', 'b 1']);
  });

  it('can be saved and resumed in the middle', () => {
    at(0, 0, 3, 'a');
    at(1, 0, 1, 'b');
    kernel.run({ until: seconds(2) });
    const saved = structuredClone([kernel.save(), cores.save()] as const);
    build();
    kernel.restore(saved[0]);
    cores.restore(saved[1]);
    kernel.run();
    expect(heard).toEqual(['b 3', 'a 4']);
  });
});
