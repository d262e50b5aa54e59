/** nextval, currval, lastval, setval: values come from the native sequence, what this session saw of them is kept here. */
import type { SequenceObject, SessionCatalogReader } from "../../catalog/index.js";
import type { SequenceService } from "../../functions/index.js";
import { DbError, type Oid, readOnlyTransaction, sequenceExhausted, wrongRelationKind } from "../../types/index.js";
import { permissionDenied } from "../access.js";
import { checkStatus } from "../native-status.js";
import type { EngineSession } from "../session.js";
import type { StatementContext } from "../statement-context.js";

export class SequenceState {
  readonly values = new Map<Oid, number | bigint>();
  lastSequence: Oid | undefined;
  note(sequence: Oid, value: number | bigint): void {
    this.values.set(sequence, value);
    this.lastSequence = sequence;
  }
  clear(): void {
    this.values.clear();
    this.lastSequence = undefined;
  }
}

export function sequenceService(
  session: EngineSession,
  catalog: SessionCatalogReader,
  context: StatementContext | undefined,
): SequenceService {
  const { native, engine } = session.database;
  const state = session.sequences;
  const find = (oid: Oid, letters: string): SequenceObject => {
    const relation = catalog.relationByOid(oid);
    if (relation === undefined) throw new DbError({ sqlstate: "42P01", message: `relation with OID ${oid} does not exist` });
    if (relation.class !== "sequence") throw wrongRelationKind(relation.name, "a sequence");
    const me = catalog.snapshot.role(session.user);
    if (me !== undefined && !me.superuser && !session.access(catalog).may(me.oid, relation, letters, "any"))
      throw permissionDenied(relation);
    return relation;
  };
  const requireWritable = (name: string): void => {
    if (context?.transaction?.readOnly === true) throw readOnlyTransaction(`${name}()`);
  };
  return {
    next(oid) {
      requireWritable("nextval");
      const sequence = find(oid, "Uw");
      const take = () => native.storage.nextValue(engine, sequence.storage);
      const value = session.journal === undefined ? take() : session.journal.recall(take);
      if (value === null)
        throw sequenceExhausted(
          sequence.name,
          BigInt(sequence.increment) > 0n ? sequence.max : sequence.min,
          BigInt(sequence.increment) > 0n,
        );
      state.note(oid, value);
      return value;
    },
    current(oid) {
      const value = state.values.get(oid);
      if (value === undefined)
        throw new DbError({
          sqlstate: "55000",
          message: `currval of sequence "${find(oid, "Ur").name}" is not yet defined in this session`,
        });
      return value;
    },
    last() {
      const value = state.lastSequence === undefined ? undefined : state.values.get(state.lastSequence);
      if (value === undefined) throw new DbError({ sqlstate: "55000", message: "lastval is not yet defined in this session" });
      return value;
    },
    set(oid, value, isCalled) {
      requireWritable("setval");
      const sequence = find(oid, "w");
      const exact = BigInt(value);
      if (exact < BigInt(sequence.min) || exact > BigInt(sequence.max))
        throw new DbError({
          sqlstate: "22003",
          message: `setval: value ${exact} is out of bounds for sequence "${sequence.name}" (${sequence.min}..${sequence.max})`,
        });
      checkStatus(native, engine, native.storage.setValue(engine, sequence.storage, exact, isCalled));
      if (isCalled) state.values.set(oid, value);
      return value;
    },
  };
}
