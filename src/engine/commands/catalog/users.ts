/**
 * Who uses a type, a function or an operator: what DROP must refuse or take along. Found by one pass over the catalog per version, so that
 * dropping a schema of many types does not look through it for each.
 */
import type { CatalogObject, CatalogSnapshot, FunctionObject, TypeObject } from "../../../catalog/index.js";
import { routineId, typeOids } from "../../../functions/index.js";
import { FIRST_USER_OID, type Oid } from "../../../types/index.js";
import type { DefinitionContext } from "../context.js";
import type { Target } from "../dependencies.js";

interface Users {
  readonly ofType: ReadonlyMap<Oid, readonly Target[]>;
  readonly ofRoutine: ReadonlyMap<Oid, readonly Target[]>;
}
const known = new WeakMap<CatalogSnapshot, Users>();

function usersIn(snapshot: CatalogSnapshot): Users {
  let users = known.get(snapshot);
  if (users === undefined) {
    users = collect(snapshot);
    known.set(snapshot, users);
  }
  return users;
}

function collect(snapshot: CatalogSnapshot): Users {
  const ofType = new Map<Oid, Target[]>();
  const ofRoutine = new Map<Oid, Target[]>();
  const add = (map: Map<Oid, Target[]>, key: Oid | undefined, target: Target): void => {
    // PostgreSQL's own types and functions are never dropped, and nearly every table uses them.
    if (key === undefined || key < FIRST_USER_OID) return;
    const list = map.get(key);
    if (list === undefined) {
      map.set(key, [target]);
      return;
    }
    // One object's uses come one after the other.
    for (let i = list.length - 1; i >= 0 && list[i]?.object === target.object; i--) if (list[i]?.attribute === target.attribute) return;
    list.push(target);
  };
  const sorted = [...snapshot.objects()].filter((o) => o.class !== "index" && o.class !== "constraint").sort((a, b) => a.oid - b.oid);
  for (const object of sorted) {
    const whole: Target = { object, attribute: 0 };
    switch (object.class) {
      case "table":
        // PostgreSQL comes to the last column first.
        for (const a of object.attributes.toReversed()) if (!a.dropped) add(ofType, a.type, { object, attribute: a.number });
        add(ofType, object.ofType, whole);
        break;
      case "view":
        for (const oid of object.dependsOn) {
          add(ofType, oid, whole);
          add(ofRoutine, oid, whole);
        }
        for (const c of object.columns) add(ofType, c.type, whole);
        break;
      case "type":
        if (object.kind === "domain") add(ofType, object.base, whole);
        else if (object.kind === "composite")
          for (const a of object.attributes.toReversed()) if (!a.dropped) add(ofType, a.type, { object, attribute: a.number });
        if (object.kind === "range") {
          add(ofType, object.subtype, whole);
          add(ofRoutine, object.canonical, whole);
          add(ofRoutine, object.difference, whole);
        }
        break;
      case "function":
        collectFunction(
          object,
          whole,
          (oid, readsObject) => add(ofType, oid, readsObject === true ? { ...whole, readsObject } : whole),
          (oid) => add(ofRoutine, oid, whole),
        );
        break;
      case "operator":
        for (const type of [object.left, object.right, object.result]) add(ofType, type, whole);
        add(ofRoutine, object.functionOid, whole);
        break;
      case "cast":
        add(ofType, object.source, whole);
        add(ofType, object.target, whole);
        add(ofRoutine, object.functionOid, whole);
        break;
      default:
        break;
    }
  }
  return { ofType, ofRoutine };
}
function collectFunction(
  object: FunctionObject,
  _whole: Target,
  type: (oid: Oid, readsObject?: true) => void,
  routine: (oid: Oid) => void,
): void {
  const { body } = object;
  if (body.language === "sql")
    for (const oid of body.dependsOn) {
      type(oid, true);
      routine(oid);
    }
  for (const p of object.parameters) type(p.type);
  type(object.returnType);
  if (body.language === "aggregate") {
    type(body.stateType);
    for (const id of [body.step, body.final ?? ""]) {
      const oid = routineId.oidOf(id);
      if (oid !== undefined) routine(oid);
    }
    if (body.combine !== undefined) routine(body.combine);
  }
}

/** Users of any of the object's types: its own, its array, its multirange. */
export function usersOfType(context: DefinitionContext, object: CatalogObject): readonly Target[] {
  const { ofType } = usersIn(context.snapshot);
  // PostgreSQL comes to the users of the array type first.
  return typeOids(object as TypeObject)
    .toReversed()
    .flatMap((oid) =>
      (ofType.get(oid) ?? []).map((user) =>
        user.readsObject === true ? user : { ...user, dependsOn: `type ${context.registry.typeByOid(oid)?.displayName ?? oid}` },
      ),
    )
    .filter((t) => t.object.oid !== object.oid);
}
export function usersOfRoutine(context: DefinitionContext, object: CatalogObject): readonly Target[] {
  return (usersIn(context.snapshot).ofRoutine.get(object.oid) ?? []).filter((t) => t.object.oid !== object.oid);
}
