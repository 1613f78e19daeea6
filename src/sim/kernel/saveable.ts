/**
 * Something whose state can be written out and put back, so that a run can be saved, branched and resumed.
 *
 * `save` returns fresh containers of plain, structured-clonable data; immutable objects (API objects, payloads) may be
 * shared by reference. `restore` copies the containers it is given: two branches of one saved state never share any.
 */
export interface Saveable {
  save(): unknown;
  restore(saved: unknown): void;
}
